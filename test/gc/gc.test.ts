import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { systemClock } from "../../runner/core/clock.js";
import { Store } from "../../runner/store/store.js";
import { Project } from "../rig/project.js";
import { runFile } from "../rig/runs.js";

const PIPELINE = `
params: { word: one }
steps:
  text: { run: "echo \${{ params.word }} > \${{ outputs.o }}", outputs: { o: o.txt } }
  large: { run: "head -c 300000 /dev/zero > \${{ outputs.o }}; cat \${{ inputs.t }} >> \${{ outputs.o }}", inputs: { t: text }, outputs: { o: o.bin } }
  always: { run: "mkdir \${{ outputs.d }} && echo same > \${{ outputs.d }}/f", outputs: { d: d } }
`;

interface Told {
  readonly dryRun: boolean;
  readonly total: number;
  readonly freed: number;
  readonly kept: number;
  readonly steps: readonly { step: string; output: string | null; count: number; bytes: number }[];
  readonly runs: readonly string[];
  readonly orphans: { readonly count: number };
}

async function withRuns(...words: string[]): Promise<Project> {
  const project = new Project({ "p.yaml": PIPELINE });
  for (const word of words) await project.run(["--set", `word=${word}`]);
  return project;
}

async function gc(project: Project, ...options: string[]): Promise<Told> {
  const { code, stdout, stderr } = await project.vistas(["gc", "p.yaml", "--json", ...options]);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout) as Told;
}

function files(project: Project, area: string): string[] {
  const folder = project.path("artifacts", area);
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter(entry => entry.isFile()).map(entry => entry.name);
}

describe("gc", () => {
  it("keeps what the last runs need and drops the rest; --dry-run says just that, and removes nothing", async () => {
    const project = await withRuns("one", "two", "three");
    const before = files(project, ".");
    const planned = await gc(project, "--keep-last", "1", "--dry-run");
    expect(files(project, ".")).toEqual(before);
    expect(planned.runs).toHaveLength(2);
    expect(planned.steps.map(({ step, output, count }) => [step, output, count])).toEqual([
      ["large", "o", 2],
      ["text", "o", 2],
    ]);
    expect(planned.steps[0]?.bytes).toBeGreaterThan(590_000);

    const done = await gc(project, "--keep-last", "1");
    expect({ ...done, dryRun: true }).toEqual(planned);
    expect(files(project, "records")).toHaveLength(3);
    expect(files(project, "objects")).toHaveLength(4);
    expect([files(project, "past"), files(project, "runs").length]).toEqual([[], 1]);
    expect(await project.run(["--set", "word=three"])).toEqual({
      ...{ text: "cached", large: "cached", always: "cached" },
    });
    expect(await project.run(["--set", "word=one"])).toEqual({ text: "ran", large: "ran", always: "cached" });
    const text = await project.vistas(["gc", "p.yaml", "--keep-last", "1", "--dry-run"]);
    expect(text.stdout).toMatch(/large +o +1 +303 kB/);
    expect(text.stdout).toMatch(/would free .* stay/);
  });

  it("without options drops only what nothing names, be it of a killed run", async () => {
    const project = await withRuns("one", "two");
    const lost = "00".repeat(32);
    for (const path of [`objects/00/${lost}`, `objects/00/${lost}.123456789-1.tmp`, `trees/00/${lost}/f`])
      project.write(`artifacts/${path}`, "left behind");
    const { orphans, steps, runs } = await gc(project);
    expect([orphans.count, steps, runs]).toEqual([1, [], []]);
    for (const area of ["objects/00", "trees/00"]) expect(files(project, area)).toEqual([]);
    for (const word of ["one", "two"])
      expect((await project.run(["--set", `word=${word}`]))["large"]).toBe("cached");
  });

  it("with --max-size drops the least recently used first, and no more than it must", async () => {
    const project = await withRuns("one", "two", "three");
    await project.run(["--set", "word=one"]);
    const { total } = await gc(project, "--dry-run");
    const done = await gc(project, "--max-size", String(total - 200_000));
    expect(done.kept).toBeLessThanOrEqual(total - 200_000);
    for (const [word, outcome] of [
      ["one", "cached"],
      ["three", "cached"],
      ["two", "ran"],
    ] as const)
      expect((await project.run(["--set", `word=${word}`]))["large"]).toBe(outcome);
  });

  it("says so where what is kept is larger than --max-size", async () => {
    const project = await withRuns("one");
    const { code, stderr } = await project.vistas(["gc", "p.yaml", "--keep-last", "1", "--max-size", "10kB"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: .* stay, .* more than --max-size 10kB: .* the last 1 run/);
    expect(Object.values(await project.run(["--set", "word=one"]))).toEqual(["cached", "cached", "cached"]);
  });

  it("keeps what named runs and locks need", async () => {
    const project = await withRuns("named", "locked", "loose", "listed", "newest");
    const store = new Store(project.path("artifacts"), systemClock);
    const [, listed = "", , locked = "", named = ""] = store.runs.ids();
    const naming = await project.vistas(["runs", "p.yaml", "--name", `paper=${named}`]);
    expect([naming.code, naming.stderr]).toEqual([0, ""]);
    await project.vistas(["reproduce", "p.yaml", "--set", "word=locked", "--update"]);
    expect(existsSync(project.path("p.lock.json"))).toBe(true);
    rmSync(runFile(project.path("artifacts"), locked));
    await project.run(["--set", "word=newest"]);
    const done = await gc(project, "--keep-last", "1", "--keep", listed);
    expect(done.runs).toHaveLength(3);
    for (const word of ["named", "locked", "listed"])
      expect((await project.run(["--set", `word=${word}`]))["large"]).toBe("cached");
    expect((await project.run(["--set", "word=loose"]))["large"]).toBe("ran");
  });

  it("refuses where a run's record is damaged, as what it needs is not known", async () => {
    const project = await withRuns("one", "two");
    const [, old = ""] = new Store(project.path("artifacts"), systemClock).runs.ids();
    writeFileSync(runFile(project.path("artifacts"), old), "{}");
    const before = files(project, "objects");
    const { code, stderr } = await project.vistas(["gc", "p.yaml", "--keep-last", "1"]);
    expect([code, files(project, "objects")]).toEqual([4, before]);
    expect(stderr).toContain(old);
  });

  it.each([
    ["--keep-last", "-1"],
    ["--keep-last", "x"],
    ["--max-size", "1 elephant"],
    ["--keep", "no-such-run"],
  ])("refuses %s %s before anything is removed", async (option, value) => {
    const project = new Project({ "p.yaml": PIPELINE });
    expect((await project.vistas(["gc", "p.yaml", `${option}=${value}`])).code).toBe(2);
  });
});
