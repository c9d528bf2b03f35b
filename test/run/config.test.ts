import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
params:
  model: { layers: 2, lr: 1.0, dims: [1, 2], head: { kind: "no" } }
steps:
  a:
    run: 'printf "%s\\n" \${{ params.model.dims }} "$C" "x=\${{ params.model.head }}" | cat - c.yaml sub/c.toml raw > "\${{ outputs.o }}"; grep -q "$PWD" c.json'
    env: { C: "\${{ params.model.head }}" }
    inputs: { s: ./s.txt }
    outputs: { o: o.txt }
    files:
      c.yaml: "\${{ params.model }}"
      c.json: { data: "\${{ inputs.s }}", seed: "\${{ matrix.seed }}" }
      sub/c.toml: { model: "\${{ params.model }}", seed: "\${{ matrix.seed }}" }
      raw: "lr \${{ params.model.lr }} dims \${{ params.model.dims }}"
    matrix: { seed: [7] }
  words: { run: [sh, -c, 'printf "%s\\n" "$@" > "$0"', "\${{ outputs.o }}", "\${{ params.model.dims }}"], outputs: { o: o.txt } }
`;

describe("a mapping or a list", () => {
  it("reaches a program as JSON in its words and variables, and as a file by its ending", async () => {
    const p = new Project({ "p.yaml": PIPELINE, "s.txt": "s" });
    await p.run();
    await p.vistas(["checkout", "p.yaml", "a", "a"]);
    await p.vistas(["checkout", "p.yaml", "words", "words"]);
    expect(p.read("words/o.txt")).toBe("[1,2]\n");
    expect(p.read("a/o.txt")).toBe(
      `[1,2]
{"kind":"no"}
x={"kind":"no"}
dims:
  - 1
  - 2
head:
  kind: "no"
layers: 2
lr: 1.0
seed = 7
[model]
dims = [1, 2]
layers = 2
lr = 1.0
[model.head]
kind = "no"
lr 1.0 dims [1,2]`,
    );

    // Where things lie and in what order keys stand does not count; every byte that the program sees does.
    p.write("p.yaml", PIPELINE.replace("layers: 2, lr: 1.0", "lr: 1.0, layers: 2"));
    expect(await p.run()).toEqual({ "a[seed=7]": "cached", words: "cached" });
    const why = async (from: string, to: string): Promise<string> => {
      p.write("p.yaml", PIPELINE.replace(from, to));
      return (await p.vistas(["why", "p.yaml", "a"])).stdout;
    };
    expect(await why("layers: 2", "layers: 3")).toContain(
      "parameter files.c.yaml.layers: 2 -> 3 (params.model.layers)",
    );
    expect(await why("lr: 1.0", "lr: 1")).toContain("files.c.yaml");
    expect(await why("seed: [7]", "seed: [8]")).toContain("parameter files.sub/c.toml.seed: 7 -> 8");
    expect(await why("inputs.s }}", "outputs.o }}")).toContain(
      'parameter files.c.json.data: "${{ inputs.s }}" -> "${{ outputs.o }}"',
    );
    expect(await why("raw: ", "raw2: ")).toContain("files.raw2");
    expect(await why("layers: 2", "layers: 3 ")).toContain("layers: 2 -> 3");
  });
});
