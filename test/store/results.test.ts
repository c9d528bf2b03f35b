import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { systemClock } from "../../runner/core/clock.js";
import type { StepRecord } from "../../runner/core/record.js";
import { systemDisk } from "../../runner/store/disk.js";
import { writeEnvelope } from "../../runner/store/records/envelope.js";
import { resultId, variationText } from "../../runner/store/records/result-id.js";
import { Store } from "../../runner/store/store.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

let root: string;
let store: Store;
beforeEach(() => {
  root = tempFolder();
  store = new Store(root, systemClock);
});
const reopened = (): Store => new Store(root, systemClock);

const KEY = "ab".repeat(32);
function made(digest: string, finished = "2026-01-01T00:00:00.000Z"): StepRecord {
  return {
    ...{ format: 1, key: KEY, id: "s", outputNames: { o: "o" }, metrics: { m: 1 }, curves: {}, seconds: 1 },
    fingerprint: { kind: "run", code: {}, with: {}, inputs: [], env: {}, numeric: "" },
    outputs: { o: { type: "file", digest: digest.repeat(64), bytes: 1 } },
    ...{ finished, environment: {} },
  };
}

describe("a result that is reused again", () => {
  it("is no past one any more", () => {
    const one = store.records.put(made("1"));
    store.records.drop(KEY);
    expect(store.records.past(KEY)).toEqual([one]);
    store.records.put(made("1"));
    expect(store.records.get(KEY)?.result).toBe(one.result);
    expect(readdirSync(join(root, "past", KEY.slice(0, 2)))).toEqual([]);
  });
});

describe("a key that comes to other bytes", () => {
  it("is reused with the newest, and each run goes on meaning its own", () => {
    const one = store.records.put(made("1"));
    const two = store.records.put(made("2"));
    expect(one.result).not.toBe(two.result);
    const { records } = reopened();
    expect(records.get(KEY)).toEqual(two);
    expect(records.of(KEY, one.result)).toEqual(one);
    expect(records.of(KEY, two.result)).toEqual(two);
    expect(records.others(two)).toEqual([one]);
    expect(variationText(two, records.others(two))).toMatch(/one other result.*other bytes in o/);
  });

  it("and back to the first is told no more than once", () => {
    const one = store.records.put(made("1"));
    const two = store.records.put(made("2"));
    store.records.put(made("1"));
    const { records } = reopened();
    expect(records.get(KEY)?.result).toBe(one.result);
    expect(records.past(KEY)).toEqual([two]);
  });

  it("is not what a result made again is: it stays as it was first made", () => {
    const first = store.records.put(made("1", "2026-01-01T00:00:00.000Z"));
    expect(store.records.put(made("1", "2026-02-01T00:00:00.000Z"))).toEqual(first);
    expect(reopened().records.get(KEY)).toEqual(first);
    expect(store.records.past(KEY)).toEqual([]);
  });

  it("tells bytes from metrics alone", () => {
    const other = { ...made("1"), metrics: { m: 2 } };
    expect(resultId(other)).not.toBe(resultId(made("1")));
    expect(variationText(made("1"), [other])).toMatch(/the same bytes, but other m/);
  });
});

it("a result out of use stays known to the runs that had it", () => {
  const one = store.records.put(made("1"));
  store.records.drop(KEY);
  const { records } = reopened();
  expect(records.get(KEY)).toBeUndefined();
  expect(records.of(KEY, one.result)).toEqual(one);
  expect(records.last(KEY)).toEqual(one);
  records.put(made("1"));
  expect(reopened().records.get(KEY)).toMatchObject({ result: one.result });
});

describe("what a newer vistas wrote", () => {
  it("as a record is neither read nor overwritten, with a word", () => {
    const file = join(root, "records", KEY.slice(0, 2), `${KEY}.json`);
    writeEnvelope(systemDisk, file, { ...made("1"), format: 2 });
    const text = readFileSync(file, "utf8");
    expect(() => store.records.get(KEY)).toThrow(/newer vistas \(format 2; this one knows 1\)/);
    expect(() => store.records.put(made("1"))).toThrow(/newer vistas/);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("as a store is refused, before anything runs", async () => {
    const p = new Project({
      "p.yaml": "steps:\n  a: { run: 'echo 1 > ${{ outputs.o }}', outputs: { o: o } }\n",
    });
    await p.run();
    const file = p.path("artifacts/format.json");
    expect(readFileSync(file, "utf8")).toMatch(/"format":1,"by":"vistas /);
    writeEnvelope(systemDisk, file, { format: 7, by: "vistas 9.0" });
    const { code, stderr } = await p.vistas(["run", "p.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/laid out by vistas 9\.0 \(store format 7; this vistas knows 1\)/);
    writeFileSync(file, "torn");
    expect(await p.run()).toEqual({ a: "cached" });
    expect(readFileSync(file, "utf8")).toMatch(/"format":1/);
  });
});

it("a forced step that makes other bytes leaves past runs as they were, and is told of", async () => {
  const p = new Project({
    "p.yaml":
      "steps:\n  a: { run: 'echo $$ > ${{ outputs.o }}', outputs: { o: o } }\n" +
      "  b: { run: 'cat ${{ inputs.a }} > ${{ outputs.o }}', inputs: { a: a }, outputs: { o: o } }\n",
  });
  await p.run();
  const first = await p.output("b", "o");
  expect(await p.run(["--force", "a"])).toEqual({ a: "ran", b: "ran" });
  const second = await p.output("b", "o");
  expect(second).not.toBe(first);
  expect(await p.run()).toEqual({ a: "cached", b: "cached" });
  expect(await p.output("b", "o")).toBe(second);
  expect((await p.vistas(["why", "p.yaml", "a"])).stdout).toMatch(/not deterministic: the same key .* in o/);
  expect((await p.vistas(["show", "p.yaml", "a"])).stdout).toMatch(/not deterministic/);
  const { stdout } = await p.vistas(["report", "p.yaml", "latest~2", "--format", "markdown"]);
  expect(readFileSync(stdout.trim(), "utf8")).toMatch(/\*\*a\*\* is not deterministic/);
});
