/** Which run, and which result, a command is about: by project and pipeline, in the order in which runs were recorded. */
import { beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../runner/core/clock.js";
import { Store } from "../../runner/store/store.js";
import { Project } from "../rig/project.js";

const SWEEP = `params: { ok: "yes" }
steps:
  e:
    run: "test \${{ params.ok }} = yes || test \${{ matrix.s }} != 1; echo \${{ matrix.s }} > \${{ outputs.o }}"
    matrix: { s: [0, 1, 2] }
    outputs: { o: o.txt }
`;

const ONE = (word: string): string =>
  `steps:\n  a: { run: "echo ${word} > \${{ outputs.o }}", outputs: { o: o.txt } }\n`;

let project: Project;
beforeEach(() => {
  project = new Project({ "p.yaml": SWEEP });
});

async function checkedOut(...args: string[]): Promise<{ files: string[]; stderr: string }> {
  const { code, stderr } = await project.vistas(["checkout", "p.yaml", ...args]);
  expect([code, stderr.includes("error")]).toEqual([0, false]);
  const folder = project.path(args.at(-1) ?? "");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(name =>
    name.endsWith(".txt"),
  );
  return { files: files.sort(), stderr };
}

const ALL = ["s=0/o.txt", "s=1/o.txt", "s=2/o.txt"];

describe("a run of a part of a pipeline", () => {
  it("does not pass as the whole: each instance is taken from the newest run that has it, and that is said", async () => {
    await project.run();
    await project.run(["e[s=1]"]);
    const { files, stderr } = await checkedOut("e", "out");
    expect(files).toEqual(ALL);
    expect(stderr).toMatch(/note: e\[s=0\], e\[s=2\]: of run \S+ \(run \S+ did not select it\)/);
    const shown = await project.vistas(["show", "p.yaml", "e", "--json"]);
    const runs = (JSON.parse(shown.stdout) as { run: string }[]).map(({ run }) => run);
    expect([runs[0] === runs[2], runs[0] === runs[1]]).toEqual([true, false]);
  });

  it("that was the only one leaves what has no result out, with a word, and keeps the labels", async () => {
    await project.run(["e[s=1]"]);
    const { files, stderr } = await checkedOut("e", "out");
    expect(files).toEqual(["s=1/o.txt"]);
    expect(stderr).toContain("note: e[s=0], e[s=2]: no result in any run, so left out");
  });

  it("says so in its report", async () => {
    await project.run(["e[s=1]"]);
    await project.vistas(["report", "p.yaml", "--format", "markdown", "--out", "r.md"]);
    expect(project.read("r.md")).toContain(
      "A part of the pipeline: the run did not select e\\[s=0\\], e\\[s=2\\].",
    );
  });

  it("gives one named instance without labels", async () => {
    await project.run();
    expect((await checkedOut("e[s=2]", "out")).files).toEqual(["o.txt"]);
  });
});

describe("a run that failed", () => {
  it("leaves the older result of what failed, and that is said", async () => {
    await project.run();
    await project.run(["--set", "ok=no", "--keep-going"], { code: 1 });
    const { files, stderr } = await checkedOut("e", "out");
    expect(files).toEqual(ALL);
    expect(stderr).toMatch(/note: e\[s=1\]: of run \S+ \(failed in run \S+: exit code 1\)/);
  });

  it("does not push what the last good run had out of gc --keep-last 1", async () => {
    await project.run();
    await project.run(["--set", "ok=no", "--keep-going"], { code: 1 });
    expect((await project.vistas(["gc", "p.yaml", "--keep-last", "1"])).code).toBe(0);
    expect(new Set(Object.values(await project.run()))).toEqual(new Set(["cached"]));
  });
});

describe("runs of several pipelines and projects in one store", () => {
  it("latest is of the pipeline that is named", async () => {
    project.write("a.yaml", ONE("a")).write("b.yaml", ONE("b"));
    for (const name of ["a", "b"]) await project.vistas(["run", `${name}.yaml`, "--quiet"]);
    await project.vistas(["report", "a.yaml", "latest", "--format", "markdown", "--out", "r.md"]);
    expect(project.read("r.md")).toMatch(/^## a:/);
    await project.vistas(["runs", "a.yaml", "--name", "paper=latest"]);
    expect((await project.vistas(["runs", "a.yaml"])).stdout).toContain("paper");
    expect((await project.vistas(["runs", "b.yaml"])).stdout).not.toContain("paper");
  });

  it("latest~1 is the one before", async () => {
    project.write("a.yaml", ONE("a"));
    await project.vistas(["run", "a.yaml"]);
    project.write("a.yaml", ONE("other"));
    await project.vistas(["run", "a.yaml"]);
    const { stdout } = await project.vistas(["diff", "a.yaml", "latest~1", "latest"]);
    expect(stdout).toContain("echo other");
    expect((await project.vistas(["report", "a.yaml", "latest~2"])).code).toBe(2);
  });

  it("a run's id beside another pipeline is a mistake", async () => {
    project.write("a.yaml", ONE("a")).write("b.yaml", ONE("b"));
    for (const name of ["a", "b"]) await project.vistas(["run", `${name}.yaml`]);
    const [run] = JSON.parse((await project.vistas(["runs", "b.yaml", "--json"])).stdout) as { id: string }[];
    const { code, stderr } = await project.vistas(["report", "a.yaml", run?.id ?? ""]);
    expect([code, stderr.includes("is of b.yaml, not of a.yaml")]).toEqual([2, true]);
  });

  it("a project's results are its own, whatever its pipelines are called", async () => {
    const env = { VISTAS_ROOT: project.path("store") };
    for (const name of ["A", "B", "C"]) project.write(`${name}/p.yaml`, ONE(name));
    for (const name of ["A", "B"]) await project.vistas(["run", "p.yaml"], { env, cwd: project.path(name) });
    await project.vistas(["checkout", "p.yaml", "a", "out"], { env, cwd: project.path("A") });
    expect(project.read("A/out/o.txt")).toBe("A\n");
    const none = await project.vistas(["show", "p.yaml", "a"], { env, cwd: project.path("C") });
    expect([none.code, none.stderr.includes("in another project")]).toEqual([2, true]);
  });

  it("gc keeps the newest of each", async () => {
    const env = { VISTAS_ROOT: project.path("store") };
    for (const name of ["A", "B"]) project.write(`${name}/p.yaml`, ONE(name));
    const inOf = (name: string) => ({ env, cwd: project.path(name) });
    for (const name of ["A", "B"]) await project.vistas(["run", "p.yaml"], inOf(name));
    await project.vistas(["gc", "p.yaml", "--keep-last", "1"], inOf("B"));
    expect((await project.vistas(["plan", "p.yaml"], inOf("A"))).stdout).toContain("1 cached");
  });

  it("a project that is moved with its store keeps its runs", async () => {
    mkdirSync(project.path("old"));
    project.write("old/p.yaml", ONE("a"));
    await project.vistas(["run", "p.yaml"], { cwd: project.path("old") });
    renameSync(project.path("old"), project.path("new"));
    const { code } = await project.vistas(["checkout", "p.yaml", "a", "out"], { cwd: project.path("new") });
    expect([code, project.read("new/out/o.txt")]).toEqual([0, "a\n"]);
  });
});

describe("the order of runs", () => {
  it("is that in which they were recorded, whatever the clocks said", async () => {
    project.write("p.yaml", ONE("first"));
    await project.vistas(["run", "p.yaml"]);
    const runs = project.path("artifacts/runs");
    // As if a clock that was a century ahead had named it.
    const store = new Store(project.path("artifacts"), systemClock);
    const [id = ""] = store.runs.ids();
    const first = store.runs.get(id);
    store.runs.drop(id);
    if (first !== undefined)
      store.runs.put({ ...first, id: `2126${id.slice(4)}`, started: "2126-01-01T00:00:00.000Z" });
    expect(readdirSync(runs)).toHaveLength(1);
    project.write("p.yaml", ONE("second"));
    await project.vistas(["run", "p.yaml"]);
    await project.vistas(["checkout", "p.yaml", "a", "out"]);
    expect(readFileSync(join(project.folder, "out/o.txt"), "utf8")).toBe("second\n");
    await project.vistas(["gc", "p.yaml", "--keep-last", "1"]);
    expect((await project.vistas(["plan", "p.yaml"])).stdout).toContain("1 cached");
    expect(existsSync(runs)).toBe(true);
  });
});
