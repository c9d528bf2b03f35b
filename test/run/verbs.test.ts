import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
name: demo
params: { word: hello }
steps:
  make:
    run: echo \${{ params.word }} \${{ matrix.seed }} > \${{ outputs.table }}; echo '{"n":' \${{ matrix.seed }} '}' > \${{ outputs.metrics }}
    outputs: { table: sub/table.csv, metrics: m.json }
    matrix: { seed: [0, 1] }
  join:
    run: cat \${{ inputs.t }}/* > \${{ outputs.all }}
    inputs: { t: make.table }
    outputs: { all: all.txt }
    over: [seed]
`;
const project = (): Project => new Project({ "p.yaml": PIPELINE });
const json = async (p: Project, ...args: string[]): Promise<unknown> =>
  JSON.parse((await p.vistas(args)).stdout) as unknown;

describe("plan", () => {
  it("tells what would run, what waits, and what is cached", async () => {
    const p = project();
    const statuses = async (...args: string[]) => {
      const { pipeline, steps } = (await json(p, "plan", "p.yaml", "--json", ...args)) as {
        pipeline: string;
        steps: { id: string; kind: string; status: string; key: string | null; reason: string }[];
      };
      expect(pipeline).toBe("demo");
      for (const step of steps) expect(step.key === null).toBe(step.status === "pending");
      return Object.fromEntries(steps.map(({ id, status }) => [id, status]));
    };
    expect(await statuses()).toEqual({ "make[seed=0]": "run", "make[seed=1]": "run", join: "pending" });
    expect(existsSync(p.path("artifacts", "runs"))).toBe(false);
    await p.run();
    expect(await statuses()).toEqual({ "make[seed=0]": "cached", "make[seed=1]": "cached", join: "cached" });
    expect(await statuses("--set", "word=other")).toEqual({
      "make[seed=0]": "run",
      "make[seed=1]": "run",
      join: "pending",
    });
    expect(await statuses("make[seed=1]")).toEqual({ "make[seed=1]": "cached" });
  });

  it("is what --dry-run prints, and neither runs anything", async () => {
    const p = project();
    const { code, stdout } = await p.vistas(["run", "p.yaml", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/make\[seed=0\] +run +run +no earlier result/);
    expect(await p.run()).toEqual({ "make[seed=0]": "ran", "make[seed=1]": "ran", join: "ran" });
  });
});

describe("why", () => {
  it("names the difference from the nearest past result", async () => {
    const p = project();
    await p.run();
    const answer = await json(p, "why", "p.yaml", "make[seed=1]", "--set", "word=other", "--json");
    expect(answer).toMatchObject({
      id: "make[seed=1]",
      status: "run",
      past: { id: "make[seed=1]" },
      differences: [{ what: "command", name: "run" }],
    });
    const { stdout } = await p.vistas(["why", "p.yaml", "make[seed=1]", "--set", "word=other"]);
    expect(stdout).toMatch(/command run: .*hello.* -> .*other/);
  });

  it("says so when nothing differs", async () => {
    const p = project();
    await p.run();
    expect((await p.vistas(["why", "p.yaml", "join"])).stdout).toMatch(/join: cached/);
  });
});

describe("show", () => {
  it("gives one instance as an object, several as a list", async () => {
    const p = project();
    await p.run();
    const one = (await json(p, "show", "p.yaml", "make[seed=1]", "--json")) as {
      outputs: Record<string, { path: string; bytes: number; digest: string }>;
    };
    expect(one).toMatchObject({ id: "make[seed=1]", metrics: { n: 1 }, outputs: { table: { bytes: 8 } } });
    expect(readFileSync(one.outputs["table"]?.path ?? "", "utf8")).toBe("hello 1\n");
    expect(await json(p, "show", "p.yaml", "make", "--json")).toHaveLength(2);
    expect(
      Object.keys(
        ((await json(p, "show", "p.yaml", "make[seed=0].metrics", "--json")) as typeof one).outputs,
      ),
    ).toEqual(["metrics"]);
  });

  it.each([
    ["a step that is not there", ["show", "p.yaml", "mako"], /Did you mean make/],
    ["an output that is not there", ["show", "p.yaml", "make.tabel"], /Did you mean table/],
    ["no step", ["show", "p.yaml"], /needs a step/],
  ])("refuses %s", async (_, args, message) => {
    const p = project();
    await p.run();
    const { code, stderr } = await p.vistas(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("checkout", () => {
  it("copies artifacts out under their own names, writable, and overwrites nothing that differs", async () => {
    const p = project();
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "join.all", "out"])).code).toBe(0);
    expect(p.read("out/all.txt")).toBe("hello 0\nhello 1\n");
    expect(statSync(p.path("out/all.txt")).mode & 0o200).not.toBe(0);
    p.write("out/all.txt", "mine\n");
    const refused = await p.vistas(["checkout", "p.yaml", "join.all", "out"]);
    expect(refused.code).toBe(2);
    expect(p.read("out/all.txt")).toBe("mine\n");
    await p.vistas(["checkout", "p.yaml", "join.all", "out", "--force"]);
    expect(p.read("out/all.txt")).toBe("hello 0\nhello 1\n");
    // What was copied out is the user's own: writing to it leaves the store alone.
    p.write("out/all.txt", "mine\n");
    expect((await p.run())["join"]).toBe("cached");
  });

  it("puts several instances into folders by label", async () => {
    const p = project();
    await p.run();
    await p.vistas(["checkout", "p.yaml", "make.table", "out"]);
    expect(p.read("out/seed=1/sub/table.csv")).toBe("hello 1\n");
  });
});

describe("validate", () => {
  it("tells every mistake at once, with places, and exits 2; run does the same and runs nothing", async () => {
    const p = new Project({
      "p.yaml":
        'parms: {}\nsteps:\n  a:\n    run: [echo, "${{ params.x }}"]\n    inputs: { f: ./none.txt, g: b.o }\n    outputs: { o: o }\n',
    });
    for (const verb of ["validate", "run", "plan"]) {
      const { code, stdout, stderr } = await p.vistas([verb, "p.yaml"]);
      expect(code).toBe(2);
      const text = stdout + stderr;
      expect(text).toMatch(/p\.yaml:1:1: error\[unknown-key\]/);
      expect(text).toMatch(/p\.yaml:4:29: error\[unknown-name\]/);
      expect(text).toMatch(/p\.yaml:5:18: error\[missing-file\]/);
      expect(text).toMatch(/p\.yaml:5:33: error\[unknown-step\]/);
    }
    expect(existsSync(p.path("artifacts", "runs"))).toBe(false);
  });
});

describe("the rest", () => {
  it("runs, diff, graph, report and steps answer", async () => {
    const p = project();
    await p.run();
    await p.run(["--set", "word=other"]);
    const runs = (await json(p, "runs", "p.yaml", "--json")) as { id: string; ran: number }[];
    expect(runs.map(run => run.ran)).toEqual([3, 3]);
    const diff = await p.vistas(["diff", "p.yaml", runs[1]?.id ?? "", "latest"]);
    expect(diff.stdout).toMatch(/hello/);
    expect((await p.vistas(["graph", "p.yaml", "--format", "dot"])).stdout).toMatch(/digraph/);
    expect((await p.vistas(["graph", "p.yaml", "--format", "json", "--instances"])).code).toBe(0);
    const report = await p.vistas(["report", "p.yaml"]);
    expect(readFileSync(report.stdout.trim(), "utf8")).toMatch(/^<!doctype html>/i);
    expect((await p.vistas(["steps"])).stdout).toMatch(/train-contrastive/);
    expect(((await json(p, "steps", "compare", "--json")) as unknown[]).length).toBe(1);
    expect(await json(p, "schema")).toMatchObject({ type: "object" });
  });

  it("init writes a pipeline that is valid, runs, and says where things are", async () => {
    const p = new Project();
    expect((await p.vistas(["init", "new"])).code).toBe(0);
    expect((await p.vistas(["validate", "new/pipelines/quickstart.yaml"])).stdout).toMatch(
      /valid, 4 step instances/,
    );
    // The command that it names is one that works.
    expect((await p.vistas(["run"], { cwd: p.path("new") })).stdout).toMatch(/rows/);
    expect(p.read("new/.gitignore")).toContain("/artifacts/*");
    expect((await p.vistas(["init", "new"])).code).toBe(2);
  });

  it("the store may be elsewhere, by --root or VISTAS_ROOT, and the work folder by --cwd", async () => {
    const p = project();
    await p.vistas(["run", "p.yaml", "--root", "elsewhere"]);
    expect(existsSync(p.path("elsewhere", "records"))).toBe(true);
    await p.vistas(["run", "p.yaml"], { env: { VISTAS_ROOT: p.path("third") } });
    expect(existsSync(p.path("third", "records"))).toBe(true);
    expect(existsSync(p.path("artifacts"))).toBe(false);
    expect((await p.vistas(["--cwd", p.folder, "run", "p.yaml"], { cwd: "/" })).code).toBe(0);
    expect(existsSync(p.path("artifacts", "records"))).toBe(true);
  });

  it.each([
    [["frobnicate"]],
    [["run", "p.yaml", "--no-such-option"]],
    [["run", "none.yaml"]],
    [["run", "p.yaml", "nostep"]],
    [["run", "p.yaml", "--jobs", "0"]],
    [["run", "p.yaml", "--set", "wrod=1"]],
    [["run", "p.yaml", "--params", "none.yaml"]],
  ])("a wrong call exits 2: %j", async args => {
    const { code, stderr } = await project().vistas(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/error/);
    expect(stderr).not.toMatch(/ at .*\.js:/);
  });
});
