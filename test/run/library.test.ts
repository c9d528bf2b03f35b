import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { loadPipeline, plan, results, run, UsageError, type RunEvent } from "../../runner/index.js";
import { Project } from "../rig/project.js";

const text = `
params: { word: hello }
steps:
  a: { run: "echo \${{ params.word }} > \${{ outputs.o }}", outputs: { o: o } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: o } }
`;

const COUNT = `
params: { n: 0 }
steps:
  count: { run: ["sh", "-c", 'echo "$1" > "$2"', "-", '{"n": \${{ params.n }}}', "\${{ outputs.metrics }}"], outputs: { metrics: m.json } }
`;

describe("the library", () => {
  it("loads, plans and runs as the command line does, on the same store", async () => {
    const p = new Project({ "p.yaml": text });
    const pipeline = await loadPipeline("p.yaml", { cwd: p.folder, params: { word: "hi" } });
    expect(pipeline.instances).toEqual(["a", "b"]);
    expect((await plan(pipeline)).map(step => step.status)).toEqual(["run", "pending"]);
    const events: RunEvent["type"][] = [];
    const record = await run(pipeline, { onEvent: event => events.push(event.type) });
    expect(record.outcome).toBe("done");
    expect(events.at(0)).toBe("run-start");
    expect(events.at(-1)).toBe("run-end");
    expect(await p.run(["--set", "word=hi"])).toEqual({ a: "cached", b: "cached" });
    expect(await p.output("b", "o")).toBe("hi\n");
  });

  it("gives metrics and files, of a run and of what is there already", async () => {
    const p = new Project({ "p.yaml": COUNT });
    const pipeline = await loadPipeline("p.yaml", { cwd: p.folder, params: { n: 3 } });
    expect(await results(pipeline)).toEqual([]);
    const { steps, outcome } = await run(pipeline);
    expect(outcome).toBe("done");
    expect(steps).toMatchObject([{ id: "count", outcome: "ran", metrics: { n: 3 }, labels: {} }]);
    expect(readFileSync(steps[0]?.outputs["metrics"]?.path ?? "", "utf8")).toBe('{"n": 3}\n');
    const [known] = await results(pipeline);
    expect(known).toMatchObject({ id: "count", metrics: { n: 3 }, outputs: steps[0]?.outputs ?? {} });
    expect((await run(pipeline)).counts).toMatchObject({ cached: 1, ran: 0 });
    expect((await run(pipeline, { force: ["count"] })).counts).toMatchObject({ cached: 0, ran: 1 });
    expect((await run(pipeline, { force: [] })).counts).toMatchObject({ cached: 1 });
  });

  it("says what failed without throwing, and throws for what the machine lacks before anything runs", async () => {
    const p = new Project({
      "p.yaml": "steps: { a: { run: [sh, -c, 'echo gone >&2; exit 3'] } }",
      "q.yaml": "steps: { a: { run: [no-such-program] } }",
      "r.yaml": "steps: { a: { run: [ls], secrets: [A_SECRET] } }",
    });
    const failed = await run(await loadPipeline("p.yaml", { cwd: p.folder }));
    expect(failed).toMatchObject({ outcome: "failed", counts: { failed: 1 } });
    expect(failed.steps[0]?.error).toContain("gone");
    for (const [file, code] of [
      ["q.yaml", "missing-program"],
      ["r.yaml", "missing-secret"],
    ] as const) {
      const pipeline = await loadPipeline(file, { cwd: p.folder });
      const error: unknown = await run(pipeline).catch((e: unknown) => e);
      expect((error as UsageError).diagnostics.map(d => d.code)).toEqual([code]);
    }
  });

  it.each([NaN, undefined, () => 1, new Date(0), { deep: [1, Infinity] }])(
    "takes no param that JSON cannot hold: %p",
    async n => {
      const p = new Project({ "p.yaml": COUNT });
      const error: unknown = await loadPipeline("p.yaml", { cwd: p.folder, params: { n } }).catch(
        (e: unknown) => e,
      );
      expect((error as UsageError).diagnostics.map(d => d.code)).toEqual(["bad-set"]);
    },
  );

  it("does what docs/library.md shows", async () => {
    const page = readFileSync(new URL("../../../docs/library.md", import.meta.url), "utf8");
    const block = (name: string): string =>
      new RegExp("```\\w+\\n(?://|#) " + name.replace(".", "\\.") + "\\n([^]*?)```").exec(page)?.[1] ?? "";
    const p = new Project({ "sweep.mjs": block("sweep.mjs"), "p.yaml": block("p.yaml") });
    mkdirSync(p.path("node_modules"));
    symlinkSync(fileURLToPath(new URL("../../../", import.meta.url)), p.path("node_modules/vistas"));
    const { stdout, stderr } = await execa(process.execPath, ["sweep.mjs"], {
      cwd: p.folder,
      reject: false,
      env: { HOME: p.folder },
    });
    expect(stderr).toBe("");
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("shift 0: 1 of 1 to run");
    expect(lines[1]).toBe("count: ran");
    expect(lines[2]).toMatch(/^count \{ count: 0 \} \/.*/);
    expect(lines.at(-1)).toBe("0");
  });

  it("throws every mistake at once", async () => {
    const p = new Project({ "p.yaml": "steps:\n  a: { run: 1 }\n  b: { uses: none }\n" });
    const error = await loadPipeline("p.yaml", { cwd: p.folder }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).diagnostics.length).toBeGreaterThan(1);
  });
});

describe("the package", () => {
  it("exports what the docs say", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
      bin: object;
      exports: object;
    };
    expect(manifest.bin).toEqual({ vistas: "dist/runner/cli.js" });
    expect(manifest.exports).toHaveProperty(["."]);
  });
});
