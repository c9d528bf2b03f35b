import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { sha256 } from "../../runner/cache/hash.js";
import { resultId } from "../../runner/store/records/result-id.js";
import type { StepRecord } from "../../runner/core/record.js";
import { systemDisk } from "../../runner/store/disk.js";
import { disagreement } from "../../runner/store/verify/stated.js";
import { reseal } from "../faults/mutations.js";
import { Project } from "../rig/project.js";

const PIPELINE = `steps:
  b: { run: "echo '{\\"acc\\": 0.5, \\"deep\\": {\\"nan\\": NaN}}' > \${{ outputs.metrics }}", outputs: { metrics: m.json } }
  silent: { run: "echo x > \${{ outputs.o }}", outputs: { o: o.txt } }
`;

let project: Project;
let files: ReadonlyMap<string, { readonly path: string; readonly text: string }>;
beforeAll(async () => {
  project = new Project({ "p.yaml": PIPELINE });
  await project.run();
  const records = join(project.folder, "artifacts", "records");
  files = new Map(
    readdirSync(records, { recursive: true, encoding: "utf8" })
      .filter(name => name.endsWith(".json"))
      .map(name => {
        const path = join(records, name);
        const text = readFileSync(path, "utf8");
        return [(JSON.parse(text) as { body: StepRecord }).body.id, { path, text }] as const;
      }),
  );
});
afterEach(() => {
  for (const { path, text } of files.values()) writeFileSync(path, text);
});

/** Changes the record of a step, and makes its sums again as one who knows how would. */
function forge(step: string, changes: object): void {
  reseal(body => {
    const forged = { ...body, ...changes } as unknown as StepRecord;
    const { outputs, metrics, curves } = forged;
    return { ...forged, result: resultId({ outputs, metrics, curves }) };
  })(files.get(step)?.path ?? "", []);
}

async function verified(...more: string[]): Promise<{ code: number; faults: string[] }> {
  const { code, stdout } = await project.vistas(["verify", "--json", ...more]);
  const { damage } = JSON.parse(stdout) as { damage: { fault: string }[] };
  return { code, faults: damage.map(({ fault }) => fault) };
}

describe("verify holds the metrics of a record against its artifacts", () => {
  it("and finds them right where nothing was changed, NaN included", async () => {
    expect(await verified()).toEqual({ code: 0, faults: [] });
  });

  it.each([
    ["another number", "b", { acc: 0.99, "deep.nan": "NaN" }, /says acc 0.99, and m.json says 0.5/],
    ["one left out", "b", { acc: 0.5 }, /says deep.nan of nothing, and m.json says NaN/],
    [
      "one more",
      "b",
      { acc: 0.5, "deep.nan": "NaN", extra: 1 },
      /says extra 1, and m.json says nothing of it/,
    ],
    ["one of a step without metrics", "silent", { acc: 1 }, /says acc 1, and its outputs says nothing of it/],
  ])("finds %s", async (_, step, metrics, fault) => {
    forge(step, { metrics });
    const { code, faults } = await verified();
    expect(code).toBe(1);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });

  it("finds curves of a program", async () => {
    forge("b", { curves: { loss: [[0, 1]] } });
    expect((await verified()).faults).toEqual(["has another curve loss than m.json"]);
  });

  it("with --repair drops the record, so that the next run makes it again", async () => {
    forge("b", { metrics: { acc: 0.99 } });
    expect((await verified("--repair")).code).toBe(0);
    const { outcomes, ends } = await project.runEvents();
    expect(outcomes).toEqual({ b: "ran", silent: "cached" });
    expect(ends.find(({ id }) => id === "b")?.metrics).toMatchObject({ acc: 0.5 });
    expect(await verified()).toEqual({ code: 0, faults: [] });
  });
});

describe("an artifact of a kind", () => {
  const stated = { k: { accuracy: ["report", "report.json", "scores.accuracy"] } } as const;
  const report = JSON.stringify({ scores: { accuracy: 0.5 } });
  const manifest = JSON.stringify({
    entries: [["report.json", "file", sha256(report), report.length]],
    format: "vistas.tree.1",
  });
  const stored = (text: string, ending: string): void => {
    const shard = join(project.folder, "other", "objects", sha256(text).slice(0, 2));
    systemDisk.makeFolder(shard);
    writeFileSync(join(shard, sha256(text) + ending), text);
  };
  const record = (metrics: Record<string, number>): StepRecord => ({
    ...{ format: 1, key: "0".repeat(64), id: "a", outputNames: {}, curves: {}, seconds: 0, finished: "" },
    ...{ environment: {}, metrics },
    fingerprint: { kind: "k", code: {}, with: {}, inputs: [], env: {}, numeric: "" },
    outputs: { report: { type: "tree", digest: sha256(manifest), bytes: report.length } },
  });
  const found = (metrics: Record<string, number>) =>
    disagreement(systemDisk, join(project.folder, "other"), record(metrics), stated);

  it("states the metrics that it is listed with, and says nothing of others", () => {
    stored(report, "");
    stored(manifest, ".tree");
    expect(found({ accuracy: 0.5, seconds: 3 })).toBeUndefined();
    expect(found({ accuracy: 0.75 })).toBe("says accuracy 0.75, and report/report.json says 0.5");
  });

  it("that is damaged or gone is not asked", () => {
    stored(manifest, ".tree");
    writeFileSync(join(project.folder, "other", "objects", sha256(report).slice(0, 2), sha256(report)), "{}");
    expect(found({ accuracy: 0.75 })).toBeUndefined();
  });
});
