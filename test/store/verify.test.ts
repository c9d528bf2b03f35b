import {
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { StepRecord } from "../../runner/core/record.js";
import { systemDisk } from "../../runner/store/disk.js";
import { examinersHere, examinersOn } from "../../runner/store/verify/examiners.js";
import { paths } from "../../runner/store/paths.js";
import { measure, verify } from "../../runner/store/verify/verify.js";
import { assess } from "../../runner/store/verify/verify-loss.js";
import { repair } from "../../runner/store/verify/verify-repair.js";
import { reseal, rewrite } from "../faults/mutations.js";
import { Victim } from "../faults/victim.js";
import { runFile } from "../rig/runs.js";

let victim: Victim;
beforeAll(async () => {
  victim = await Victim.create();
});
beforeEach(() => victim.restore());
afterAll(() => victim.remove());

interface Told {
  readonly ok: boolean;
  readonly damage: readonly {
    readonly path: string;
    readonly kind: string;
    readonly missing: boolean;
    readonly cure: string;
    readonly belongsTo: readonly {
      step: string;
      output: string | null;
      key: string;
      runs: readonly string[];
    }[];
  }[];
  readonly lost: readonly string[];
  readonly foreign: readonly { path: string; why: string }[];
}

async function verified(mend = false): Promise<Told & { code: number }> {
  const { code, stdout } = await victim.desk.verify(mend);
  return { code, ...(JSON.parse(stdout) as Told) };
}

const at = (path: string): string => join(victim.root, path);
const flip = (path: string): boolean =>
  rewrite(at(path), bytes => {
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    return bytes;
  });

/** The result that a step of the newest run has. */
function resultOf(step: string): StepRecord {
  const store = victim.store();
  const found = store.runs.get(store.runs.ids()[0] ?? "")?.steps.find(({ id }) => id === step);
  const record = store.records.get(found?.key ?? "");
  if (record === undefined) throw new Error(`${step} has no result`);
  return record;
}

function pathOf(step: string, output: string): string {
  const ref = resultOf(step).outputs[output];
  return ref === undefined ? "" : paths.object(ref.type, ref.digest);
}

const recordFile = ({ key }: StepRecord): string => `records/${key.slice(0, 2)}/${key}.json`;

describe("verify", () => {
  it("finds nothing wrong with a store that is as it was written", async () => {
    expect(await verified()).toMatchObject({ code: 0, ok: true, damage: [], lost: [], foreign: [] });
  });

  it("names the step, output, key and runs of a damaged object, and changes nothing", async () => {
    const { key } = resultOf("last");
    flip(pathOf("last", "o"));
    const before = victim.files().map(({ path }) => [path, readFileSync(at(path), "latin1")]);
    const { code, damage } = await verified();
    expect(code).toBe(1);
    expect(damage).toHaveLength(1);
    expect(damage[0]).toMatchObject({ kind: "object", cure: "rebuild", missing: false });
    expect(damage[0]?.belongsTo).toContainEqual(expect.objectContaining({ step: "last", output: "o", key }));
    expect(damage[0]?.belongsTo[0]?.runs.length).toBeGreaterThan(0);
    expect(victim.files().map(({ path }) => [path, readFileSync(at(path), "latin1")])).toEqual(before);
  });

  it("tells of bytes that are not there", async () => {
    rmSync(at(pathOf("last", "o")));
    const { code, damage } = await verified();
    expect(code).toBe(1);
    expect(damage[0]).toMatchObject({ missing: true, cure: "rebuild" });
  });

  it("finds the same with threads as without", async () => {
    flip(pathOf("last", "o"));
    flip(recordFile(resultOf("part")));
    const threads = examinersOn(victim.root, {}, 2);
    const many = await verify(systemDisk, victim.root, threads).finally(() => threads.close());
    const one = await verify(systemDisk, victim.root, examinersHere(systemDisk, victim.root, {}));
    expect(one.damage).toHaveLength(2);
    expect(many).toEqual(one);
    const { items } = measure(systemDisk, victim.root);
    expect(Object.values(one.examined).reduce((sum, n) => sum + n, 0)).toBe(items);
  });

  it("leaves alone what a newer vistas wrote, and says so", async () => {
    const file = recordFile(resultOf("last"));
    reseal(body => ({ ...body, format: 2 }))(at(file), []);
    const text = readFileSync(at(file), "utf8");
    const { code, foreign } = await verified(true);
    expect(code).toBe(0);
    expect(foreign.map(({ path }) => path)).toEqual([file]);
    expect(foreign[0]?.why).toMatch(/newer vistas \(format 2/);
    expect(readFileSync(at(file), "utf8")).toBe(text);
    const { code: ran, stderr } = await victim.desk.run();
    expect(ran).toBe(1);
    expect(stderr).toMatch(/newer vistas \(format 2; this one knows 1\): use that version/);
  });
});

describe("verify --repair", () => {
  it("drops a damaged object, and the next run makes that alone again", async () => {
    const { result } = resultOf("last");
    flip(pathOf("last", "o"));
    expect(await verified(true)).toMatchObject({ code: 0, ok: false, lost: [] });
    expect(await verified()).toMatchObject({ code: 0, ok: true });
    expect((await victim.desk.run()).stderr).toMatch(/1 ran, 3 cached/);
    expect(resultOf("last").result).toBe(result);
  });

  it("puts a folder together again from its objects: nothing runs", async () => {
    const { digest = "" } = resultOf("tree").outputs["t"] ?? {};
    rmSync(at(`trees/${digest.slice(0, 2)}/${digest}/sub/b`));
    const { code, damage } = await verified(true);
    expect([code, damage[0]?.cure]).toEqual([0, "restore"]);
    expect(existsSync(at(`trees/${digest.slice(0, 2)}/${digest}/sub/b`))).toBe(true);
    expect((await victim.desk.run()).stderr).toMatch(/4 cached/);
  });

  it("exits 4 for a run record, says what is lost, and keeps what is left of it for people", async () => {
    const [id = ""] = victim.store().runs.ids();
    const file = relative(victim.root, runFile(victim.root, id));
    flip(file);
    const { code, lost } = await verified(true);
    expect(code).toBe(4);
    expect(lost[0]).toMatch(new RegExp(`what run ${id} did`));
    expect(existsSync(at(`lost/${file}`))).toBe(true);
    expect(await verified()).toMatchObject({ code: 0 });
  });

  it("exits 4 for what was made from a file that is no longer what it was", async () => {
    const data = join(victim.folder, "data.txt");
    flip(pathOf("last", "o"));
    try {
      writeFileSync(data, "other data\n");
      expect((await verified()).lost[0]).toMatch(
        /^last\.o: it was made from \.\/data\.txt, which is no longer/,
      );
      rmSync(data);
      const { code, lost } = await verified();
      expect(code).toBe(4);
      expect(lost[0]).toMatch(/^last\.o: it was made from \.\/data\.txt, which is gone/);
    } finally {
      writeFileSync(data, "data\n");
    }
    expect(await verified(true)).toMatchObject({ code: 0, lost: [] });
  });

  it("exits 4 for the bytes of a result that its key came to before it came to others", async () => {
    const store = victim.store();
    const runs = store.runs.ids();
    const first = store.runs.get(runs.at(-1) ?? "")?.steps.find(({ id }) => id === "first");
    const past = store.records.of(first?.key ?? "", first?.result);
    const ref = past?.outputs["o"];
    if (ref === undefined) throw new Error("there is no past result");
    flip(paths.object(ref.type, ref.digest));
    const { code, lost } = await verified();
    expect(code).toBe(4);
    expect(lost[0]).toMatch(/^first\.o as it was before the same step came to other bytes/);
  });

  it("does not touch what a run has put in a damaged file's place meanwhile", async () => {
    const path = pathOf("last", "o");
    copyFileSync(at(path), join(victim.folder, "good"));
    flip(path);
    const store = victim.store();
    const { damage } = await verify(systemDisk, store.root, examinersHere(systemDisk, store.root, {}));
    const assessed = await assess(store, victim.folder, damage);
    rmSync(at(path));
    copyFileSync(join(victim.folder, "good"), at(path));
    await repair(store, assessed, "vistas");
    expect(existsSync(at(path))).toBe(true);
    expect((await victim.desk.run()).stderr).toMatch(/4 cached/);
  });

  it("clears what stands where a folder of the store belongs", async () => {
    const { key } = resultOf("last");
    rmSync(at(`records/${key.slice(0, 2)}`), { recursive: true });
    writeFileSync(at(`records/${key.slice(0, 2)}`), "no folder");
    expect(await verified()).toMatchObject({ code: 1 });
    expect(await verified(true)).toMatchObject({ code: 0 });
    expect((await victim.desk.run()).code).toBe(0);
  });
});

it("verify --repair drops nothing while a part of the store is on a disk that is not there", async () => {
  renameSync(at("objects"), join(victim.folder, "elsewhere"));
  symlinkSync(join(victim.folder, "unmounted"), at("objects"));
  expect(await verified(true)).toMatchObject({ code: 4, ok: false });
  renameSync(join(victim.folder, "elsewhere"), join(victim.folder, "unmounted"));
  expect(await verified(true)).toMatchObject({ code: 0, ok: true });
});

describe("a run", () => {
  it("says that a record is damaged, or of an older format, and makes it again", async () => {
    const last = resultOf("last");
    flip(recordFile(last));
    expect((await victim.desk.run()).stderr).toMatch(/the record of \w{12} is damaged: .* made again/);
    reseal(body => ({ ...body, format: 0 }))(at(recordFile(last)), []);
    expect((await victim.desk.run()).stderr).toMatch(
      /older vistas \(format 0\), which this one does not read/,
    );
    expect(resultOf("last").result).toBe(last.result);
  });

  it("does not take one past result for another of the same key", () => {
    const store = victim.store();
    const [key = ""] = store.records.keys().filter(one => store.records.past(one).length > 0);
    const [past] = store.records.past(key);
    const folder = at(`past/${key.slice(0, 2)}/${key}`);
    copyFileSync(join(folder, `${past?.result ?? ""}.json`), join(folder, "0123456789abcdef.json"));
    expect(victim.store().records.of(key, "0123456789abcdef")).toBeUndefined();
    expect(victim.store().records.past(key)).toEqual([past]);
  });
});

// Found by `npm run test:faults store`: JSON that adds up, nested deeper than the stack.
it("a document that adds up but was written by nobody is not believed", async () => {
  const deep: unknown = JSON.parse("[".repeat(3000) + "]".repeat(3000));
  const last = resultOf("last");
  const { fingerprint } = last;
  reseal(body => ({ ...body, fingerprint: { ...fingerprint, with: { deep } } }))(at(recordFile(last)), []);
  const [reproduction] = victim.files().filter(({ kind }) => kind === "reproduction");
  reseal(body => ({ ...body, checks: [deep] }))(at(reproduction?.path ?? ""), []);
  const { stderr, code } = await victim.desk.run();
  expect(code).toBe(0);
  expect(stderr).toMatch(/is damaged/);
  expect((await victim.desk.report()).code).toBe(0);
  expect(await verified()).toMatchObject({ code: 4, damage: [{ kind: "reproduction" }] });
});
