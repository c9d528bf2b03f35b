import { describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { Project } from "../rig/project.js";
import { elements } from "../report/well-formed.js";

/** Three seeds of two arms whose accuracies are written in files: `good` is always 0.02 to 0.03 above `poor`. */
const STEPS = `name: demo
params: { shift: 0 }
steps:
  data:
    run: cat \${{ inputs.file }} > \${{ outputs.table }}
    inputs: { file: ./data.txt }
    outputs: { table: table.txt }
  good:
    run: sh \${{ inputs.script }} 0.85 \${{ matrix.seed }} \${{ params.shift }} \${{ inputs.t }} > \${{ outputs.metrics }}
    inputs: { t: data, script: ./probe.sh }
    outputs: { metrics: m.json }
    matrix: { seed: [0, 1, 2] }
  poor:
    run: sh \${{ inputs.script }} 0.82 \${{ matrix.seed }}\${{ matrix.seed }} 0 \${{ inputs.t }} > \${{ outputs.metrics }}
    inputs: { t: data, script: ./probe.sh }
    outputs: { metrics: m.json }
    matrix: { seed: [0, 1, 2] }
`;
const SCRIPT = `awk -v a=$1 -v s=$2 -v d=$3 '{ printf "{\\"accuracy\\": %.4f}", a + s / 1000 + d + $1 }' $4\n`;
const METRIC =
  "  - { metric: good.accuracy, value: 0.851, tolerance: 0.002, over: [seed], source: a paper }\n";

const project = (expectations: string): Project =>
  new Project({ "p.yaml": `${STEPS}expect:\n${expectations}`, "probe.sh": SCRIPT, "data.txt": "0\n" });

interface Verdict {
  ok: boolean;
  checks: {
    metric?: string;
    claim?: string;
    expected: unknown;
    actual: unknown;
    tolerance: number | null;
    interval: number[] | null;
    n: number;
    p: number | null;
    ok: boolean;
    note: string;
  }[];
  lock: {
    ok: boolean;
    same: number;
    total: number;
    bytes: { id: string; because: string[] } | null;
    faults: string[];
  } | null;
  determinism: { id: string; label: string }[];
}

async function reproduce(p: Project, ...args: string[]): Promise<Verdict & { code: number; stderr: string }> {
  const { code, stdout, stderr } = await p.vistas(["reproduce", "p.yaml", "--json", ...args]);
  if (stdout === "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Verdict), code, stderr };
}

describe("expectations", () => {
  it("are met within their tolerance, and not beyond it: exit 0 and 3, by how much, with the interval", async () => {
    const p = project(METRIC);
    const met = await reproduce(p);
    expect(met).toMatchObject({ code: 0, ok: true });
    expect(met.checks[0]).toMatchObject({
      ...{ metric: "good.accuracy", expected: 0.851, tolerance: 0.002, n: 3, ok: true },
    });
    expect(met.checks[0]?.actual).toBeCloseTo(0.851, 12);
    expect(met.checks[0]?.interval?.[0]).toBeCloseTo(0.851 - (4.302652729749 * 0.001) / Math.sqrt(3), 9);
    p.write("p.yaml", p.read("p.yaml").replace("0.851", "0.86"));
    const missed = await reproduce(p);
    expect(missed).toMatchObject({ code: 3, ok: false });
    expect(missed.checks[0]?.note).toBe("0.009 below: 0.007 more than its tolerance");
    const { code, stdout } = await p.vistas(["reproduce", "p.yaml"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/not reproduced: 1 of 1 expectations is not met$/);
  });

  it.each([
    ["relative", '{ metric: "good[seed=2].accuracy", value: 0.85, tolerance: 1% }', true],
    ["relative, too far", '{ metric: "good[seed=2].accuracy", value: 0.85, tolerance: 0.1% }', false],
    ["standard errors", "{ metric: good.accuracy, value: 0.852, tolerance: 2 se, over: [seed] }", true],
    [
      "standard errors, too far",
      "{ metric: good.accuracy, value: 0.853, tolerance: 2 se, over: [seed] }",
      false,
    ],
    ["exactly at the tolerance", '{ metric: "good[seed=0].accuracy", value: 0.84, tolerance: 0.01 }', true],
    ["a claim on each seed", "{ claim: c, that: good.accuracy > poor.accuracy }", true],
    ["a claim of an interval", "{ claim: c, that: ci(good.accuracy - poor.accuracy) > 0.025 }", false],
    [
      "a chained claim",
      "{ claim: c, that: 0.8 < mean(good.accuracy) < 0.9 and n(good.accuracy) == 3 }",
      true,
    ],
    ["paired t", "{ claim: c, of: good.accuracy - poor.accuracy, test: paired-t }", true],
    [
      "paired t below",
      "{ claim: c, of: good.accuracy - poor.accuracy, test: paired-t, alternative: less }",
      false,
    ],
    ["equivalence", "{ claim: c, of: good.accuracy - poor.accuracy, test: tost, margin: 0.05 }", true],
    ["no equivalence", "{ claim: c, of: good.accuracy - poor.accuracy, test: tost, margin: 0.01 }", false],
    ["three signs", "{ claim: c, of: good.accuracy - poor.accuracy, test: wilcoxon }", false],
    ["another n", "{ claim: c, of: good.accuracy - poor.accuracy, test: paired-t, n: 5 }", false],
    ["a sweep that rises", "{ claim: c, of: poor.accuracy, test: trend, along: seed, alpha: 0.2 }", true],
    ["an unknown metric", "{ metric: good.acuracy, value: 0.85, tolerance: 9, over: [seed] }", false],
    ["an unknown metric behind an or", "{ claim: c, that: good.accuracy > 0 or good.nothing > 0 }", false],
  ])("%s", async (_, expectation, ok) => {
    const { checks, code } = await reproduce(project(`  - ${expectation}\n`));
    expect(checks[0]?.note).toBeTruthy();
    expect([checks[0]?.ok, code]).toEqual([ok, ok ? 0 : 3]);
  });

  it("name the nearest metric, and correct the tests of a family together", async () => {
    const test = (family: string): string =>
      `  - { claim: c, of: good.accuracy - poor.accuracy, test: paired-t, family: ${family}, alpha: 0.001 }\n`;
    const { checks } = await reproduce(
      project(`  - { metric: good.acuracy, value: 1, over: [seed] }\n${test("a")}${test("b")}${test("b")}`),
    );
    expect(checks[0]?.note).toMatch(/did you mean accuracy\?/);
    const ps = checks.slice(1).map(check => check.p);
    expect((ps[1] ?? 0) / (ps[0] ?? 1)).toBeCloseTo(2, 9);
    expect(ps[2]).toBe(ps[1]);
  });

  it("a step that failed or was not asked for never passes; a failed run exits 1", async () => {
    const p = project(`${METRIC}  - { claim: c, that: poor.accuracy > 0 }\n`);
    const part = await reproduce(p, "good");
    expect(part).toMatchObject({ code: 3, checks: [{ ok: true }, { ok: false }] });
    expect(part.checks[1]?.note).toMatch(/was not part of the run/);
    p.write("probe.sh", 'test "$1" = 0.85 || exit 7\n' + SCRIPT);
    const failed = await reproduce(p, "--keep-going", "--junit", "out.xml");
    expect(failed).toMatchObject({ code: 1, ok: false, checks: [{ ok: true }, { ok: false, actual: null }] });
    expect(failed.checks[1]?.note).toMatch(/has no result: it failed/);
    expect(p.read("out.xml")).toMatch(/<error type="failed" message="[^"]*7/);
  });

  it("without any, and without a lock, there is nothing to hold a run against: exit 2, nothing ran", async () => {
    const p = new Project({ "p.yaml": STEPS, "probe.sh": SCRIPT, "data.txt": "0\n" });
    const { code, stderr } = await p.vistas(["reproduce", "p.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/nothing-expected/);
    expect(existsSync(p.path("artifacts", "runs"))).toBe(false);
  });

  it("are written as JUnit and Markdown too", async () => {
    const p = project(`${METRIC}  - { claim: a <b> & "c" | d, that: good.accuracy > 0.9 }\n`);
    await reproduce(p, "--junit", "out.xml", "--markdown", "out.md");
    const xml = p.read("out.xml");
    expect(elements(xml.replace(/^<[^\n]*\n/, "")).length).toBeGreaterThan(8);
    expect(xml).toMatch(
      /<testsuite name="demo expectations" timestamp="[-\dT:]{19}" tests="2" failures="1" errors="0"/,
    );
    expect(xml).toMatch(
      /name="a &lt;b&gt; &amp; &quot;c&quot; \| d" time="0.000"><failure type="expectation"/,
    );
    const markdown = p.read("out.md");
    expect(markdown).toMatch(/^## ❌ demo: not reproduced/);
    expect(markdown).toMatch(/\| ✅ \| good\.accuracy, mean over seed \| 0\.851/);
    expect(markdown).toContain("`···──[──────●──────]──···`");
  });
});

describe("the report", () => {
  it("shows claims with their intervals, the lock and the labels, escaped and well formed", async () => {
    const p = project(
      `${METRIC}  - { claim: a <b> & c, that: good.accuracy > 0.9 }\n  - { claim: near, of: good.accuracy - poor.accuracy, test: tost, margin: 0.05 }\n`,
    );
    await reproduce(p, "--twice");
    const html = readFileSync((await p.vistas(["report", "p.yaml"])).stdout.trim(), "utf8");
    const pictures = elements(html).filter(({ attributes }) => attributes["class"] === "wanted");
    expect(pictures).toHaveLength(3);
    expect(html).toContain("a &lt;b&gt; &amp; c");
    expect(html).toMatch(/not reproduced: 1 of 3 expectations is not met/);
    expect(html).toMatch(/<td>good\[seed=0\]<\/td><td><b>exact<\/b>/);
    // A run that was held against nothing has no such section.
    await p.run();
    const plain = readFileSync((await p.vistas(["report", "p.yaml"])).stdout.trim(), "utf8");
    expect(plain).not.toContain('id="claims"');
  });
});

describe("the lock", () => {
  const locked = async (): Promise<Project> => {
    const p = project(METRIC);
    expect((await reproduce(p, "--twice", "--update")).code).toBe(0);
    return p;
  };

  it("is one line a step instance, sorted, and is met by a run from nothing", async () => {
    const p = await locked();
    const lines = p.read("p.lock.json").split("\n").slice(1, -2);
    expect(lines.map(line => /^,"step:([^"]*)"/.exec(line)?.[1])).toEqual([
      ...["data", "good[seed=0]", "good[seed=1]", "good[seed=2]"],
      ...["poor[seed=0]", "poor[seed=1]", "poor[seed=2]"],
    ]);
    for (const args of [[], ["--fresh"]])
      expect(await reproduce(p, ...args)).toMatchObject({
        code: 0,
        lock: { ok: true, same: 7, total: 7, faults: [] },
      });
    rmSync(p.path("artifacts"), { recursive: true });
    expect(await reproduce(p)).toMatchObject({ code: 0, lock: { same: 7, bytes: null } });
    const before = p.read("p.lock.json");
    await reproduce(p, "--update");
    expect(p.read("p.lock.json").replaceAll(/"label":"exact",|"check":"\w+"/g, "")).toBe(
      before.replaceAll(/"label":"exact",|"check":"\w+"/g, ""),
    );
  });

  it.each([
    ["other data", (p: Project) => p.write("data.txt", "0.0001\n"), [], "data", /file \.\/data\.txt changed/],
    [
      "another script",
      (p: Project) => p.write("probe.sh", `${SCRIPT}echo\n`),
      [],
      "good[seed=0]",
      /file \.\/probe\.sh changed/,
    ],
    [
      "a parameter",
      (p: Project) => p,
      ["--set", "shift=0.0001"],
      "good[seed=0]",
      /command run: .*'0' .* -> .*'0\.0001'/,
    ],
    [
      "another command",
      (p: Project) => p.write("p.yaml", p.read("p.yaml").replace("run: cat", "run: sed s/0/0.0/")),
      ...([[], "data", /command run: cat .* -> sed/] as const),
    ],
  ] as const)("names %s as the cause: exit 3", async (_, change, args, id, because) => {
    const p = await locked();
    change(p);
    const { code, lock, checks } = await reproduce(p, ...args);
    expect([code, lock?.ok, lock?.bytes?.id]).toEqual([3, false, id]);
    expect(lock?.bytes?.because.join()).toMatch(because);
    // The expectation itself is met: what tells is the lock.
    expect(checks[0]?.ok).toBe(true);
  });

  it("is what a value that is `locked` is held against", async () => {
    const p = project("  - { metric: good.accuracy, value: locked, tolerance: 0.002, over: [seed] }\n");
    const before = await reproduce(p);
    expect([before.code, before.checks[0]?.note]).toEqual([
      3,
      "there is no lock to take its value from: `--update` makes it",
    ]);
    const updated = await reproduce(p, "--update");
    expect(updated.checks[0]).toMatchObject({ ok: true, note: "as expected; the value is the lock's" });
    p.write("p.yaml", p.read("p.yaml").replace("0.85 ${{", "0.853 ${{"));
    const missed = await reproduce(p);
    expect(missed.checks[0]?.expected).toBeCloseTo(0.851, 12);
    expect([missed.code, missed.checks[0]?.note]).toEqual([
      3,
      "0.003 above: 0.001 more than its tolerance; the value is the lock's",
    ]);
    p.write("p.yaml", p.read("p.yaml").replaceAll("seed: [0, 1, 2]", "seed: [0, 1, 3]"));
    expect((await reproduce(p)).checks[0]?.note).toBe("in the lock, good[seed=3] was not part of the run");
  });

  it("refuses a value that is neither a number nor that of the lock", async () => {
    const p = project("  - { metric: good.accuracy, value: lockd, over: [seed] }\n");
    const { code, stderr } = await p.vistas(["reproduce", "p.yaml"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/`value` is a number, or `locked`/)]);
  });

  it("names another seed", async () => {
    const p = await locked();
    p.write("p.yaml", p.read("p.yaml").replaceAll("seed: [0, 1, 2]", "seed: [0, 1, 3]"));
    const { code, lock } = await reproduce(p);
    expect(code).toBe(3);
    expect(lock?.faults.join("\n")).toMatch(
      /good\[seed=3\] is not in the lock(.|\n)*good\[seed=2\] of the lock is not/,
    );
  });

  it("a step that is labelled exact and comes to other bytes is a fault; a stochastic one is not", async () => {
    const p = new Project({
      "p.yaml": "name: n\nsteps:\n  a:\n    run: date +%N > ${{ outputs.o }}\n    outputs: { o: o.txt }\n",
    });
    const first = await reproduce(p, "--twice", "--update");
    expect(first).toMatchObject({ code: 0, determinism: [{ id: "a", label: "stochastic" }] });
    const again = await reproduce(p, "--fresh");
    expect(again).toMatchObject({ code: 0, lock: { ok: true, same: 0, bytes: { id: "a", because: [] } } });
    const { stdout } = await p.vistas(["show", "p.yaml", "a", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ determinism: { label: "stochastic" } });
  });

  it.each([
    [
      "a number that was edited",
      (text: string) =>
        text.replace('"accuracy":0.85,', '"accuracy":0.86,').replace('"accuracy":0.85}', '"accuracy":0.86}'),
      /p\.lock\.json:\d+:\d+: error\[edited-lock\].*good\[seed=0\]/,
    ],
    [
      "the line of the run",
      (text: string) => text.replace('"shift":0', '"shift":1'),
      /edited-lock.*the line of the run/,
    ],
    [
      "a line for another step",
      (text: string) => text.replace('"step:good[seed=0]"', '"step:good[seed=9]"'),
      /edited-lock/,
    ],
    [
      "two lines for one step",
      (text: string) => text.replace(/\n(,"step:data".*)/, "\n$1\n$1"),
      /edited-lock.*two lines/,
    ],
    [
      "a conflict",
      (text: string) => text.replace(/\n(,"step:data".*)/, "\n<<<<<<< ours\n$1\n=======\n$1\n>>>>>>> theirs"),
      /p\.lock\.json:2:1: error\[conflicted-lock\]/,
    ],
    [
      "a newer format",
      (text: string) => text.replace('"format":1', '"format":2'),
      /other-lock-format.*newer vistas/,
    ],
    [
      "an older format",
      (text: string) => text.replace('"format":1', '"format":0'),
      /other-lock-format.*older vistas/,
    ],
    ["half a file", (text: string) => text.slice(0, 400), /bad-lock.*not JSON/],
    ["another file", () => "[]", /bad-lock.*not a lock/],
  ])("%s is told with its place before anything runs: exit 2", async (_, edit, message) => {
    const p = await locked();
    p.write("p.lock.json", edit(p.read("p.lock.json")));
    const { code, stderr } = await p.vistas(["reproduce", "p.yaml", "--reporter", "plain"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/cached/);
  });

  it("is not written when an expectation is not met", async () => {
    const p = project(METRIC.replace("0.851", "0.9"));
    const { code, stderr } = await reproduce(p, "--update");
    expect(code).toBe(3);
    expect(stderr).toMatch(/was not written: an expectation is not met/);
    expect(existsSync(p.path("p.lock.json"))).toBe(false);
  });
});
