import { beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { CLI, Project } from "../rig/project.js";

describe("vistas completion", () => {
  const p = new Project({
    "p.yaml": `
params: { lr: 0.1, model: { depth: 3 } }
steps:
  encoder: { run: "echo \${{ params.lr }} \${{ params.model.depth }} \${{ matrix.seed }} > \${{ outputs.o }}", outputs: { o: o.txt }, matrix: { seed: [0, 1] } }
  export: { run: "cat \${{ inputs.e }}/* > \${{ outputs.o }}", inputs: { e: encoder }, over: [seed], outputs: { o: o.txt } }
`,
    "pipelines/other.yaml": "steps: {}",
    "broken.yaml": "steps: [",
  });
  const complete = async (...words: string[]): Promise<string[]> =>
    (await p.vistas(["complete", "--", ...words])).stdout.split("\n").filter(line => line !== "");

  beforeAll(async () => {
    await p.run();
    await p.vistas(["runs", "p.yaml", "--name", "paper=latest"]);
  });

  it.each<[string[], string[]]>([
    [["va"], ["validate"]],
    [
      ["run", "p"],
      ["p.yaml", "pipelines/other.yaml"],
    ],
    [
      ["run", "p.yaml", "e"],
      ["encoder", "export", "encoder[seed=0]", "encoder[seed=1]"],
    ],
    [
      ["run", "p.yaml", "encoder[seed="],
      ["encoder[seed=0]", "encoder[seed=1]"],
    ],
    [
      ["run", "p.yaml", "--set", ""],
      ["lr=", "model.depth="],
    ],
    [["run", "p.yaml", "--set", "m"], ["model.depth="]],
    [["plan", "--bac"], ["--backend"]],
    [
      ["plan", "--backend", "w"],
      ["webgpu", "wasm"],
    ],
    [["show", "p.yaml", "--run", "p"], ["paper"]],
    [["table", "p.yaml", "--group", "s"], ["seed"]],
    [["steps", "evaluate-k"], ["evaluate-knn"]],
    [["run", "broken.yaml", ""], []],
    [["import", "dvc"], []],
    [["completion", "z"], ["zsh"]],
  ])("completes %j", async (words, found) => {
    expect(await complete(...words)).toEqual(found);
  });

  it("completes in bash, behind `=` as well", async () => {
    const typed = (line: string): Promise<string> =>
      execa(
        "bash",
        [
          "-c",
          `vistas() { "$NODE" "$CLI" "$@"; }
source <(vistas completion bash)
COMP_LINE="$LINE" COMP_POINT=\${#LINE} _vistas
echo "\${COMPREPLY[@]}"`,
        ],
        {
          cwd: p.folder,
          env: { NODE: process.execPath, CLI, LINE: line },
        },
      ).then(({ stdout }) => stdout);
    expect(await typed("vistas valid")).toBe("validate");
    expect(await typed("vistas show p.yaml exp")).toBe("export");
    // Bash replaces what follows the last `=`.
    expect(await typed("vistas run p.yaml encoder[seed=")).toBe("0] 1]");
  });
});
