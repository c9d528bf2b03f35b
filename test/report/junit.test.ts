/** JUnit output, held against a schema by libxml2's xmllint. */
import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { validateXML } from "xmllint-wasm";
import type { Check } from "../../runner/claims/finding.js";
import type { Outcome, RunRecord } from "../../runner/core/record.js";
import { renderJunit } from "../../runner/report/verdict/junit.js";
import type { Reproduction } from "../../runner/report/verdict/reproduction.js";
import { fixture } from "../rig/fixtures.js";
import { tempFolder } from "../rig/temp.js";
import { makeRun } from "./fixture.js";

const schema = readFileSync(fixture("junit/junit.xsd"), "utf8");

/** What xmllint has against some reports. */
async function faults(...reports: readonly string[]): Promise<readonly string[]> {
  const xml = reports.map((contents, i) => ({ fileName: `${i}.xml`, contents }));
  const { errors } = await validateXML({ xml, schema: { fileName: "junit.xsd", contents: schema } });
  return errors.map(({ rawMessage }) => rawMessage);
}

const check = (name: string, note: string, ok: boolean): Check => ({
  ...{ type: "metric", name, over: ["seed"], expected: 0.842, actual: ok ? 0.841 : null, tolerance: 0.006 },
  ...{
    interval: [0.83, 0.85],
    wanted: [0.836, 0.848],
    level: 0.95,
    n: 3,
    p: null,
    ok,
    note,
    source: "a paper",
  },
});

function report(told: {
  readonly checks: readonly Check[];
  readonly errors?: readonly string[];
  readonly lock?: Reproduction["lock"];
  readonly pipeline?: string;
}): string {
  const { checks, errors = [], lock = null, pipeline = "demo" } = told;
  const outcomes: Outcome[] = ["ran", "cached", "skipped", "cancelled"];
  const fine = outcomes.map(outcome => [outcome, { kind: "run", outcome }] as const);
  const failed = errors.map(
    (error, i) => [`failed-${i}`, { kind: "run", outcome: "failed", error }] as const,
  );
  const { run } = makeRun(tempFolder(), Object.fromEntries([...fine, ...failed]));
  const named: RunRecord = { ...run, pipeline };
  const ok = checks.every(one => one.ok);
  const kept = { format: 1, run: run.id, pipeline, outcome: run.outcome, ok } as const;
  return renderJunit({ ...kept, checks, lock, audits: [] }, named);
}

const departed: NonNullable<Reproduction["lock"]> = {
  ...{
    file: "p.lock.json",
    ok: false,
    same: 1,
    total: 4,
    metrics: null,
    notes: ["node: 20 in the lock, 22 here"],
  },
  ...{
    bytes: { id: "a", outputs: ["o"], because: ["code a.js changed"] },
    faults: ["a has other bytes in o"],
  },
};

describe("JUnit output", () => {
  it("is valid, with every outcome, and counts what it holds", async () => {
    const checks = [check("a.accuracy", "0.001 below", true), check("b.accuracy", "b has no result", false)];
    const xml = report({ checks, errors: ["exit code 7\nmore"], lock: departed });
    expect(await faults(xml, report({ checks: [] }))).toEqual([]);
    expect(xml).toContain('tests="8" failures="2" errors="1"');
    expect(xml.match(/<testcase /g)).toHaveLength(8);
    expect(xml.match(/<(failure|error|skipped) /g)).toHaveLength(5);
  });

  it("stays valid whatever errors, claims and names hold", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
      fc.constantFrom(
        "\u001b[31mred\u001b[0m",
        "]]>",
        "<!--",
        "&#0;",
        "a\u0000b",
        "\ud800",
        "\uffff",
        "\"'<>&",
      ),
    );
    const reports = fc
      .sample(fc.tuple(text, text, text, text), { seed: 1, numRuns: 30 })
      .map(([name, note, error, pipeline]) =>
        report({ checks: [check(name, note, false)], errors: [error], pipeline }),
      );
    expect(await faults(...reports)).toEqual([]);
  });

  it("is told from what is not valid", async () => {
    const xml = report({ checks: [check("a", "b", false)] });
    expect(await faults(xml.replace('tests="1"', 'tests="one"'))).not.toEqual([]);
    expect(await faults(xml.replace("<failure", "<flop").replace("</failure", "</flop"))).not.toEqual([]);
    expect(await faults(xml.replace("</testsuites>", ""))).not.toEqual([]);
  });
});
