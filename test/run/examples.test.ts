/** The pipelines in pipelines/examples/ and the snippets of docs/programs.md, as far as a machine can with nothing installed. */
import { chmodSync, cpSync, readdirSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { PACKAGE, snippets } from "../rig/documents.js";
import { Project } from "../rig/project.js";

describe("pipelines/examples", () => {
  const examples = readdirSync(`${PACKAGE}/pipelines/examples`).filter(file => file.endsWith(".yaml"));

  it.each(examples)("%s is valid", async file => {
    const p = new Project({});
    cpSync(`${PACKAGE}/pipelines/examples`, p.folder, { recursive: true });
    // Whether a program is there is no matter of the pipeline.
    for (const name of ["papermill", "jupyter"]) {
      p.write(`bin/${name}`, "#!/bin/sh\n");
      chmodSync(p.path("bin", name), 0o755);
    }
    const env = { PATH: `${p.path("bin")}:${process.env["PATH"] ?? ""}` };
    const { code, stderr } = await p.vistas(["validate", file], { env });
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("counts words over the files of a pattern", async () => {
    const p = new Project({});
    cpSync(`${PACKAGE}/pipelines/examples`, p.folder, { recursive: true });
    const { code, stdout } = await p.vistas(["reproduce", "map-reduce.yaml"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("reproduced")]);
    p.write("texts/new.txt", "new words\n");
    expect((await p.vistas(["plan", "map-reduce.yaml"])).stdout).toMatch(/new\.txt\].*run/);
  });
});

describe("docs/programs.md", () => {
  it.each([
    ["Python", "python3"],
    ["Shell", "sh"],
  ])("shows %s that reports a curve and its progress", async (title, program) => {
    const p = new Project({
      script: snippets("programs.md").get(title) ?? "",
      "p.yaml": `steps:
  train:
    run: [${program}, "\${{ inputs.script }}", "\${{ outputs.metrics }}"]
    inputs: { script: ./script }
    outputs: { metrics: metrics.jsonl }
`,
    });
    const { events, ends } = await p.runEvents();
    expect(Object.keys(ends[0]?.metrics ?? {})).toEqual(["loss"]);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["metrics", "step-progress"]));
  });
});
