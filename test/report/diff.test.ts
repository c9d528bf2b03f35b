import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import type { StepResult } from "../../runner/core/record.js";
import { diffRuns } from "../../runner/report/run-difference.js";
import { renderDiff } from "../../runner/report/run-difference-text.js";
import { expectGolden } from "../golden.js";
import { quickstart } from "./fixture.js";

const folder = mkdtempSync(join(tmpdir(), "vistas-diff-"));
afterAll(() => rmSync(folder, { recursive: true }));

const before = quickstart(folder);
const after = {
  run: { ...before.run, id: "20261124-080000-aa01", params: { ...before.run.params, sigma: 0.5 } },
  results: before.results
    .filter(({ step }) => step.step !== "raw-pixels")
    .map((result): StepResult => {
      const { step, record } = result;
      if (record === null || !["views", "probe"].includes(step.step)) return result;
      const { fingerprint } = record;
      return {
        ...result,
        step: { ...step, key: `new ${step.id}` },
        record: {
          ...record,
          fingerprint:
            step.step === "views"
              ? { ...fingerprint, with: { ...fingerprint.with, sigma: 0.5 }, env: { LANG: null } }
              : {
                  ...fingerprint,
                  code: { "steps/evaluate-probe/index.js": "f".repeat(64) },
                  numeric: "tensorflow",
                },
          metrics: step.step === "probe" ? { accuracy: 0.82, f1: 0.5 } : {},
        },
      };
    }),
};
const plain = { color: false, stdout: { columns: 100 } };

describe("diffRuns", () => {
  const diff = diffRuns(before, after);

  it("names what differs, and counts what does not", () => {
    expect(diff.params).toEqual([{ name: "sigma", before: "0.3", after: "0.5" }]);
    expect(diff.environment).toEqual([]);
    expect(diff.steps.map(step => step.id)).toEqual([
      "views",
      "probe[seed=0]",
      "probe[seed=1]",
      "probe[seed=2]",
      "raw-pixels",
    ]);
    expect(diff.steps[0]?.changes).toEqual([
      { name: "env LANG", before: null, after: "(not set)" },
      { name: "with.sigma", before: "0.3", after: "0.5" },
    ]);
    expect(diff.steps[1]?.metrics.map(metric => metric.name)).toEqual([
      "accuracy",
      "accuracy at 100 labels",
      "f1",
      "loss",
    ]);
    expect(diff.steps.at(-1)?.outcomes).toEqual(["ran", null]);
    expect(diff.same).toBe(18);
  });

  it("reads well", () => {
    expectGolden("report/golden/diff.txt", renderDiff(diff, plain));
  });

  it("finds nothing between a run and itself", () => {
    const none = diffRuns(before, before);
    expect(none).toMatchObject({ params: [], environment: [], steps: [], same: before.results.length });
    expect(renderDiff(none, plain)).toContain("Every step has the same result.");
  });
});
