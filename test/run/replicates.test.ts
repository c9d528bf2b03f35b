import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

/** Two labels that a table leads to one value, so that the instances come to one key; `seed=2` is another. */
const TWINS = `
params: { draws: ["7", "7", "9"] }
plugins: [./mean.js]
steps:
  probe:
    run: 'echo "{\\"accuracy\\": 0.\${{ params.draws[matrix.seed] }}}" > \${{ outputs.metrics }}'
    outputs: { metrics: m.json }
    matrix: { seed: [0, 1, 2] }
  arm: { uses: look, inputs: { all: probe }, over: [seed] }
  list: { run: "ls \${{ inputs.all }} > \${{ outputs.o }}", inputs: { all: probe }, over: [seed], outputs: { o: o } }
expect:
  - { metric: probe.accuracy, value: 0.8, over: [seed] }
  - { claim: mean, that: "mean(probe.accuracy) == 0.8" }
  - { claim: count, that: "n(probe.accuracy) == 2" }
  - { claim: interval, that: "ci(probe.accuracy) > 0.79" }
  - { claim: test, test: paired-t, of: probe.accuracy, n: 3 }
`;
const LOOK = `
import { writeFileSync } from "node:fs";
import { defineStep } from "vistas";
export default defineStep({
  kind: "look", summary: "says which inputs are one result", with: { type: "object" }, inputs: ["all"], outputs: ["text"],
  run: ctx => writeFileSync(ctx.outputs.text, JSON.stringify(ctx.gathered.all.map(g => g.sameAs ?? null))),
});
`;
const SAME = "probe[seed=0] and probe[seed=1] are one result: counted once";

describe("instances of one key", () => {
  const twins = (text = TWINS): Project => new Project({ "p.yaml": text, "mean.js": LOOK });

  it("count once in tables, and the tables say so", async () => {
    const p = twins();
    const { stdout, code } = await p.vistas(["run", "p.yaml", "probe"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/probe +2 +0\.8/);
    expect(stdout).toContain(SAME);
    await p.vistas(["report", "p.yaml", "--out", "r.html"]);
    expect(p.read("r.html")).toContain(SAME);
    await p.vistas(["report", "p.yaml", "--format", "markdown", "--out", "r.md"]);
    expect(p.read("r.md").replaceAll("\\", "")).toContain(SAME);
  });

  it("count once in every expectation, and its note says so", async () => {
    const { stdout } = await twins().vistas(["reproduce", "p.yaml", "--json"]);
    const { checks } = JSON.parse(stdout) as { checks: { n: number; ok: boolean; note: string }[] };
    expect(checks.map(({ n, ok }) => [n, ok])).toEqual([
      [2, true],
      [1, true],
      [1, true],
      [2, false],
      [0, false],
    ]);
    expect(checks[4]?.note).toContain("n = 2, where n = 3 is stated");
    for (const { note } of checks) expect(note).toContain(SAME);
  });

  it("are named to a kind that gathers them, and that is part of its key", async () => {
    const p = twins();
    await p.run(["arm"]);
    expect(await p.output("arm", "text")).toBe('[null,{"seed":0},null]');
    // The same bytes under a key of its own: a repetition that came out alike.
    p.write("p.yaml", TWINS.replace('"7", "7", "9"', '"7", "7 ", "9"'));
    expect((await p.run(["arm"]))["arm"]).toBe("ran");
    expect(await p.output("arm", "text")).toBe("[null,null,null]");
  });

  it("are named when a program gathers them", async () => {
    const { stderr } = await twins().vistas(["run", "p.yaml", "list"]);
    expect(stderr).toContain("list: probe[seed=0] and probe[seed=1] are one result");
  });
});

describe("repeats: true", () => {
  const text = (extra: string): string => `
steps:
  draw:
    run: "od -An -N8 -tx1 /dev/urandom > \${{ outputs.o }}"
    outputs: { o: o }
    matrix: { repeat: [0, 1, 2] }
${extra}`;

  it("makes each label a draw of its own, which is kept", async () => {
    const p = new Project({ "p.yaml": text("    repeats: true\n") });
    expect(Object.values(await p.run())).toEqual(["ran", "ran", "ran"]);
    const draws = [0, 1, 2].map(async i => p.output(`draw[repeat=${i}]`, "o"));
    expect(new Set(await Promise.all(draws)).size).toBe(3);
    expect(Object.values(await p.run())).toEqual(["cached", "cached", "cached"]);
    p.write("p.yaml", text("    repeats: true\n").replace("2]", "2, 3]"));
    expect(Object.values(await p.run())).toEqual(["cached", "cached", "cached", "ran"]);
  });

  it("is demanded where nothing reads the axis", async () => {
    const { code, stderr } = await new Project({ "p.yaml": text("") }).vistas(["run", "p.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("p.yaml:6:15: error[axis-unused]");
    expect(stderr).toContain("repeats: true");
  });

  it("is no option of a kind, which has its seed", async () => {
    const p = new Project({
      "p.yaml": `plugins: [./mean.js]\nsteps:\n  a: { uses: look, inputs: { all: ./mean.js }, repeats: true, matrix: { seed: [0, 1] } }\n`,
      "mean.js": LOOK,
    });
    const { code, stderr } = await p.vistas(["validate", "p.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("misplaced-key");
    expect(stderr).toContain("seed");
  });
});
