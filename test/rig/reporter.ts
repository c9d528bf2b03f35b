/**
 * The end of `npm test`: what each engine's self-check came to, every test that was skipped and why, and one line that
 * machines read, `N passed, N failed, N skipped`. A test that was skipped without a reason fails the run.
 * Does not: replace jest's own reporter, which stands beside it.
 */
import process from "node:process";
import { skipReason } from "./skip-name.js";

/** The group of tests (`test/engine/engines.test.ts`) whose outcomes are shown one by one. */
export const SELF_CHECKS = "the self-check of";

/** What is used of jest's types, which are another package. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that could not be run at all. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly { readonly testResults: readonly Test[] }[];
}
interface Test {
  readonly fullName: string;
  readonly status: string;
}

export default class SummaryReporter {
  /** With `-t`, jest counts as skipped what was not asked for. */
  readonly #selective: boolean;
  #error: Error | undefined;

  constructor({ testNamePattern }: { readonly testNamePattern?: string }) {
    this.#selective = testNamePattern !== undefined && testNamePattern !== "";
  }

  onRunComplete(_contexts: unknown, results: Results): void {
    const { text, unexplained } = summarise(results, this.#selective);
    if (unexplained > 0) this.#error = new Error(`${unexplained} tests were skipped without a reason.`);
    // Jest prints its own summary after this; what machines read must be the last line of all.
    process.once("exit", () => process.stdout.write(text));
  }

  /** An error here fails the run. */
  getLastError(): Error | undefined {
    return this.#error;
  }
}

/** The summary as text, and how many tests were skipped without a reason. */
export function summarise(
  results: Results,
  selective: boolean,
): { readonly text: string; readonly unexplained: number } {
  const tests = results.testResults.flatMap(file => file.testResults);
  const lines: string[] = [];
  const checks = tests.filter(
    ({ fullName, status }) => fullName.startsWith(SELF_CHECKS) && status !== "pending",
  );
  if (checks.length > 0) lines.push("Engines:");
  for (const { fullName, status } of checks) lines.push(`  ${status}: ${fullName}`);

  const skipped = selective ? [] : tests.filter(({ status }) => status === "pending" || status === "todo");
  const byReason = new Map<string, string[]>();
  let unexplained = 0;
  for (const { fullName } of skipped) {
    const { name, reason } = skipReason(fullName);
    if (reason === undefined) unexplained++;
    const key = reason ?? "NO REASON GIVEN (give one with test/rig/skip.ts)";
    byReason.set(key, [...(byReason.get(key) ?? []), name]);
  }
  if (byReason.size > 0) lines.push("Skipped:");
  for (const [reason, names] of byReason) {
    lines.push(`  ${reason}`);
    for (const name of new Set(names)) lines.push(`    ${name}`);
  }
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + unexplained;
  const left = results.numPendingTests + results.numTodoTests - unexplained;
  lines.push(`${results.numPassedTests} passed, ${failed} failed, ${left} skipped`);
  return { text: `${lines.join("\n")}\n`, unexplained };
}
