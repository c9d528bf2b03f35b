import { describe, expect, it } from "@jest/globals";
import { refuseUnrepeatable } from "../../runner/workflow/checks.js";
import type { OpenPipeline } from "../../runner/workflow/open-pipeline.js";
import { composeTools } from "../../runner/compose.js";
import { UsageError } from "../../runner/core/diagnostic.js";
import { loadPipeline } from "../../runner/pipeline/load-pipeline.js";
import { Project } from "../rig/project.js";

const NUMERIC = `steps:
  encoder:
    uses: train-contrastive
    inputs: { views: ./views }
    with: { updates: 1, seed: "\${{ matrix.seed }}" }
    matrix: { seed: [0, 1] }
    deterministic: true
`;

/** The pipeline on a machine whose engine promises that much; `asked` counts how often the engine was asked for. */
async function target(
  text: string,
  deterministic: boolean,
): Promise<{ target: Parameters<typeof refuseUnrepeatable>[0]; asked: () => number }> {
  const project = new Project({ "p.yaml": text, "views/v.txt": "", "data.txt": "" });
  const { kinds } = composeTools();
  const loaded = await loadPipeline({ file: "p.yaml", cwd: project.folder, kinds, env: {} });
  let asked = 0;
  const engine = () => {
    asked++;
    return Promise.resolve({ backend: "abacus", numericClass: "", deterministic, why: "it is there" });
  };
  const host = { kinds: loaded.kinds, engine } as unknown as OpenPipeline["host"];
  const { graph, refuse } = loaded;
  return {
    target: { host, nodes: graph.nodes, refuse },
    asked: () => asked,
  };
}

describe("deterministic: true", () => {
  it("refuses an engine that does not promise the same bits, once a step, at its place", async () => {
    const error: unknown = await refuseUnrepeatable((await target(NUMERIC, false)).target).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    const { diagnostics } = error as UsageError;
    expect(diagnostics).toMatchObject([
      { code: "not-deterministic", range: { start: { line: 7, column: 20 } } },
    ]);
    expect(diagnostics[0]?.hint).toContain("--backend wasm");
  });

  it("takes an engine that does", async () => {
    await refuseUnrepeatable((await target(NUMERIC, true)).target);
  });

  it("does not even ask for an engine where no step wants it", async () => {
    const without = await target(NUMERIC.replace("deterministic: true", "deterministic: false"), false);
    await refuseUnrepeatable(without.target);
    expect(without.asked()).toBe(0);
  });

  it("belongs to steps of a kind: vistas cannot promise for a program", async () => {
    const project = new Project({ "p.yaml": 'steps:\n  a:\n    run: ["true"]\n    deterministic: true\n' });
    const { code, stderr } = await project.vistas(["validate", "p.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("misplaced-key");
  });

  it("is no part of a key", async () => {
    const project = new Project({ "p.yaml": NUMERIC });
    project.write("views/v.txt", "");
    const keys = async (): Promise<unknown> => {
      const { stdout } = await project.vistas(["plan", "p.yaml", "--backend", "cpu", "--json"]);
      return (JSON.parse(stdout) as { steps: { key: string | null }[] }).steps.map(step => step.key);
    };
    const before = await keys();
    project.write("p.yaml", NUMERIC.replace("    deterministic: true\n", ""));
    expect(await keys()).toEqual(before);
    expect(before).not.toContain(null);
  });
});
