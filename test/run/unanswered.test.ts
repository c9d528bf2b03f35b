/** What cannot be answered is a failure, never a pass: through the command line, exit 3 (or 1 where a step failed). */
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const project = (metrics: string, expectations: string, seeds = "[0, 1, 2]"): Project =>
  new Project({
    "p.yaml": `name: demo
steps:
  a:
    run: 'printf "%s" \${{ params.metrics }} > \${{ outputs.metrics }}'
    outputs: { metrics: m.json }
    repeats: true
    matrix: { seed: [0, 1, 2] }
  b:
    run: 'printf "%s" ''{"accuracy": 0.8\${{ matrix.seed }}}'' > \${{ outputs.metrics }}'
    outputs: { metrics: m.json }
    matrix: { seed: ${seeds} }
params:
  metrics: '${metrics}'
expect:
${expectations
  .split("\n")
  .map(line => `  - ${line}\n`)
  .join("")}`,
  });

interface Verdict {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly ok: boolean;
    readonly actual: unknown;
    readonly note: string;
    readonly n: number;
  }[];
}

async function reproduce(p: Project, ...args: string[]): Promise<Verdict & { code: number; stderr: string }> {
  const { code, stdout, stderr } = await p.vistas(["reproduce", "p.yaml", "--json", ...args]);
  if (stdout === "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Verdict), code, stderr };
}

const FINE = '{"accuracy": 0.85}';

describe("what cannot be answered", () => {
  const nothing = "(a.accuracy - a.accuracy) / (b.accuracy - b.accuracy)";
  const claims: readonly (readonly [what: string, expectation: string, note: RegExp])[] = [
    [
      "an unknown metric",
      "{ metric: a.acuracy, value: 0, tolerance: 1e9, over: [seed] }",
      /no metric acuracy/,
    ],
    ["one under `not`", "{ claim: c, that: not (a.acuracy > 0) }", /no metric acuracy/],
    ["one after a true `or`", "{ claim: c, that: 1 < 2 or a.acuracy > 0 }", /no metric acuracy/],
    ["0 / 0, under `not`", `{ claim: c, that: not (${nothing} > 0) }`, /division by zero/],
    ["0 / 0, which differs from any number", `{ claim: c, that: ${nothing} != 1 }`, /division by zero/],
    ["infinity", "{ claim: c, that: 1 / (b.accuracy - b.accuracy) > 0 }", /division by zero/],
    ["another n", "{ claim: c, of: b.accuracy, test: paired-t, n: 5 }", /n = 3, where n = 5 is stated/],
    [
      "equal values",
      "{ claim: c, of: a.accuracy - a.accuracy, test: tost, margin: 1 }",
      /no spread to go by/,
    ],
  ];

  it("fails, says why, and exits 3: metrics, not-a-number, n", async () => {
    const expectations = claims.map(([, expectation]) => expectation).join("\n");
    const { code, ok, checks } = await reproduce(project(FINE, expectations));
    expect([code, ok, checks.length]).toEqual([3, false, claims.length]);
    for (const [i, [what, , note]] of claims.entries())
      expect({ what, ...checks[i] }).toMatchObject({ what, ok: false, note: expect.stringMatching(note) });
  });

  it.each([
    ["a seed that one side lacks, paired", "{ claim: c, that: a.accuracy > b.accuracy - 1 }"],
    [
      "a seed that one side lacks, tested",
      "{ claim: c, of: a.accuracy - b.accuracy, test: tost, margin: 9 }",
    ],
    ["a seed that nobody ran", '{ metric: "b[seed=2].accuracy", value: 0.82, tolerance: 9 }'],
  ])("%s: never passes", async (_, expectation) => {
    const { code, stdout } = await project(FINE, expectation, "[0, 1]").vistas([
      "reproduce",
      "p.yaml",
      "--json",
    ]);
    // Told before anything runs where the pipeline shows it, else by the check.
    expect([2, 3]).toContain(code);
    if (code === 3) expect((JSON.parse(stdout) as Verdict).ok).toBe(false);
  });

  it.each([
    ["NaN", '{"accuracy": NaN}'],
    ["a number too large for one", '{"accuracy": 1e999}'],
    ["a null", '{"accuracy": null}'],
    ["a word", '{"accuracy": "0.85"}'],
  ])("a metric that is %s never passes", async (_, metrics) => {
    const wide =
      "{ metric: a.accuracy, value: 0, tolerance: 1e300, over: [seed] }\n{ claim: c, that: not (a.accuracy > 0) }";
    const { code, ok, checks } = await reproduce(project(metrics, wide), "--keep-going");
    expect([1, 3]).toContain(code);
    expect([ok, ...checks.map(check => check.ok)]).toEqual([false, false, false]);
  });

  it("a step that did not run, because what it needs failed, never passes: exit 1", async () => {
    const p = project(
      FINE,
      "{ metric: c.accuracy, value: 0, tolerance: 1e9 }\n{ claim: c, that: 1 < 2 or c.accuracy > 0 }",
    );
    const step =
      "  c:\n    run: cat ${{ inputs.m }} > ${{ outputs.metrics }}; exit 4\n    inputs: { m: d }\n    outputs: { metrics: m.json }\n  d:\n    run: exit 5\n    outputs: { metrics: m.json }\n";
    p.write("p.yaml", p.read("p.yaml").replace("params:\n", `${step}params:\n`));
    const { code, checks } = await reproduce(p, "--keep-going");
    expect([code, checks.map(check => check.ok)]).toEqual([1, [false, false]]);
    expect(checks[0]?.note).toMatch(/c has no result: it was skipped|no result/);
  });
});
