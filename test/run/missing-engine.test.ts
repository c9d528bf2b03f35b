import { existsSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { BACKENDS } from "../../steps/engine/types.js";
import { Project } from "../rig/project.js";

const PIPELINE = `steps:
  made:
    run: echo made > "\${{ outputs.file }}"
    outputs: { file: made.txt }
  encoder:
    uses: train-contrastive
    inputs: { views: made.file }
`;

describe("an engine that is asked for and not here", () => {
  // No project has it of itself, and HOME is empty.
  const missing = ["--backend", "webgpu"];

  it("is told before anything runs, with how to get it: exit code 2", async () => {
    const project = new Project({ "p.yaml": PIPELINE });
    const { code, stderr } = await project.vistas(["run", "p.yaml", ...missing]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*webgpu.* not installed.*vistas doctor --install webgpu/s);
    expect(existsSync(project.path("artifacts/runs"))).toBe(false);
  });

  it("does not matter where no selected step computes with one", async () => {
    const project = new Project({ "p.yaml": PIPELINE });
    expect(await project.run(["made", ...missing])).toEqual({ made: "ran" });
  });

  it("is named among the choices: every engine is one", async () => {
    const { code, stderr } = await new Project({ "p.yaml": PIPELINE }).vistas([
      "run",
      "p.yaml",
      "--backend",
      "abacus",
    ]);
    expect(code).toBe(2);
    for (const backend of ["auto", ...BACKENDS]) expect(stderr).toContain(backend);
  });
});
