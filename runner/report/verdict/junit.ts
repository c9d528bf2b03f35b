import type { RunRecord } from "../../core/record.js";
import { type Markup, markup } from "../../core/markup.js";
import { checkCells, lockLines, type Reproduction } from "./reproduction.js";

/**
 * A reproduction as JUnit XML (the schema that Jenkins, GitLab and their like read): a suite of the expectations, the
 * lock among them, and one of the step instances. Ends with a newline.
 */
export function renderJunit({ pipeline, checks, lock }: Reproduction, run: RunRecord): string {
  const expectations = checks.map(check => {
    const { name, expected, actual, tolerance, interval } = checkCells(check);
    const comparison = `expected ${expected} ${tolerance}, got ${actual} ${interval}; ${check.note}`.replace(
      / +/g,
      " ",
    );
    return testCase(`${pipeline}.expect`, name, 0, check.ok ? null : failure(check.note, comparison));
  });
  if (lock !== null) {
    const lines = lockLines(lock).join("\n");
    const found = lock.ok ? null : failure(lock.faults[0] ?? "it departs", lines);
    expectations.push(testCase(`${pipeline}.lock`, lock.file, 0, found));
  }
  const failures = checks.filter(check => !check.ok).length + (lock?.ok === false ? 1 : 0);
  const errors = run.steps.filter(step => step.outcome === "failed").length;
  const skipped = run.steps.filter(step => step.outcome === "skipped" || step.outcome === "cancelled").length;
  const steps = run.steps.map(({ id, outcome, seconds, reason, error = "" }) => {
    const [first = ""] = error.split("\n");
    const result =
      outcome === "failed"
        ? markup`<error type="failed" message="${first}">${error}</error>`
        : outcome === "skipped" || outcome === "cancelled"
          ? markup`<skipped message="${reason}"/>`
          : null;
    return testCase(`${pipeline}.steps`, id, seconds, result);
  });
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${pipeline}" tests="${expectations.length + steps.length}" failures="${failures}" errors="${errors}" time="${run.seconds.toFixed(3)}">
${suite(`${pipeline} expectations`, run, expectations, { failures, errors: 0, skipped: 0, seconds: 0 })}
${suite(`${pipeline} steps`, run, steps, { failures: 0, errors, skipped, seconds: run.seconds })}
</testsuites>
`.text;
}

interface Counts {
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly seconds: number;
}

function suite(name: string, run: RunRecord, cases: readonly Markup[], counts: Counts): Markup {
  const { failures, errors, skipped, seconds } = counts;
  return markup`<testsuite name="${name}" timestamp="${run.started.slice(0, 19)}" tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds.toFixed(3)}">
${cases}</testsuite>`;
}

function testCase(classname: string, name: string, seconds: number, result: Markup | null): Markup {
  const head = markup`<testcase classname="${classname}" name="${name}" time="${seconds.toFixed(3)}"`;
  return result === null
    ? markup`${head}/>
`
    : markup`${head}>${result}</testcase>
`;
}

function failure(message: string, text: string): Markup {
  return markup`<failure type="expectation" message="${message}">${text}</failure>`;
}
