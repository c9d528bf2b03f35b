import { describe, expect, it } from "@jest/globals";
import { SELF_CHECKS, summarise } from "./reporter.js";
import { skippedName } from "./skip-name.js";

describe("the summary of a test run", () => {
  const results = (tests: readonly { fullName: string; status: string }[], broken = 0) => ({
    numPassedTests: tests.filter(({ status }) => status === "passed").length,
    numFailedTests: tests.filter(({ status }) => status === "failed").length,
    numPendingTests: tests.filter(({ status }) => status === "pending").length,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: broken,
    testResults: [{ testResults: tests }],
  });
  const passed = { fullName: `${SELF_CHECKS} wasm`, status: "passed" };
  const skipped = { fullName: skippedName("on a GPU", "no GPU [here]"), status: "pending" };

  it("shows the engines, names what was skipped and why, and ends in the line for machines", () => {
    const { text, unexplained } = summarise(results([passed, skipped]), false);
    expect(unexplained).toBe(0);
    expect(text.split("\n")).toEqual([
      "Engines:",
      `  passed: ${SELF_CHECKS} wasm`,
      "Skipped:",
      "  no GPU [here]",
      "    on a GPU",
      "1 passed, 0 failed, 1 skipped",
      "",
    ]);
  });

  it("counts a test without a reason, and a file that cannot run, as failed", () => {
    const silent = { fullName: "silent", status: "pending" };
    const { text, unexplained } = summarise(results([passed, skipped, silent], 1), false);
    expect(unexplained).toBe(1);
    expect(text).toMatch(/\n1 passed, 2 failed, 1 skipped\n$/);
  });

  it("does not mind what -t left out", () => {
    const { text, unexplained } = summarise(results([{ fullName: "other", status: "pending" }]), true);
    expect(unexplained).toBe(0);
    expect(text).toBe("0 passed, 0 failed, 1 skipped\n");
  });
});
