import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { loadPipeline, plan, run, UsageError, type RunEvent } from "../../runner/index.js";
import { Project } from "../rig/project.js";

const text = `
params: { word: hello }
steps:
  a: { run: "echo \${{ params.word }} > \${{ outputs.o }}", outputs: { o: o } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: o } }
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
