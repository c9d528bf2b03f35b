import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const MAIN = `
params: { n: 2, lr: 0.5 }
steps:
  data: { run: "seq \${{ params.n }} > \${{ outputs.o }}", outputs: { o: o.txt } }
  block:
    pipeline: ./blocks/block.yaml
    with: { seed: "\${{ matrix.seed }}", model: { lr: "\${{ params.lr }}" } }
    inputs: { images: data }
    matrix: { seed: [0, 1] }
  again: { pipeline: ./blocks/block.yaml, inputs: { images: ./raw.txt }, when: "params.n == 2" }
  all: { run: "cat \${{ inputs.m }}/* > \${{ outputs.o }}", inputs: { m: block.model }, outputs: { o: o }, over: [seed] }
expect:
  - { metric: block/train.a, value: 0.5, over: [seed] }
  - { claim: paths divide, that: "mean(block/train.a) / mean(block/train.a) == 1" }
`;
const BLOCK = `
params: { seed: 7, model: { lr: 0.1, k: 3 } }
inputs: { images: ./raw.txt }
outputs: { model: train.m, deep: deep.y }
steps:
  prep: { run: "cat \${{ inputs.i }} > \${{ outputs.o }}", inputs: { i: images }, outputs: { o: p.txt } }
  train:
    run: ["sh", "-c", 'cat "$1" "$2" > \${{ outputs.m }}; echo $3 >> \${{ outputs.m }}; echo "{\\"a\\": $4}" > \${{ outputs.metrics }}', sh, "\${{ inputs.i }}", "\${{ inputs.s }}", "\${{ params.model }}", "\${{ params.seed }}"]
    inputs: { i: prep, s: ./s.txt }
    outputs: { m: m.txt, metrics: m.json }
  deep: { pipeline: ./deep/deep.yaml, inputs: { x: images }, with: { s: "s\${{ params.seed }}" } }
`;
const DEEP = `
params: { s: x }
inputs: [x]
outputs: { y: d }
steps:
  d: { run: "cat \${{ inputs.x }} \${{ inputs.f }} > \${{ outputs.o }}; echo \${{ params.s }} >> \${{ outputs.o }}", inputs: { x: x, f: ./f.txt }, outputs: { o: d.txt } }
`;
const FILES = {
  "p.yaml": MAIN,
  "raw.txt": "main\n",
  "blocks/block.yaml": BLOCK,
  "blocks/raw.txt": "block\n",
  "blocks/s.txt": "s\n",
  "blocks/deep/deep.yaml": DEEP,
  "blocks/deep/f.txt": "f\n",
};

async function keys(p: Project, ...args: string[]): Promise<Record<string, string | null>> {
  const { stdout, stderr } = await p.vistas(["plan", ...args, "--json", "--root", p.path("artifacts")]);
  if (stdout === "") throw new Error(stderr);
  const { steps } = JSON.parse(stdout) as { steps: { id: string; key: string | null }[] };
  return Object.fromEntries(steps.map(({ id, key }) => [id, key]));
}

describe("a pipeline as a step", () => {
  it("is its steps, with params, inputs, axes and conditions of the step that uses it", async () => {
    const p = new Project(FILES);
    expect(await p.run()).toMatchObject({
      "block/train[seed=1]": "ran",
      "block/deep/d[seed=0]": "ran",
      all: "ran",
    });
    await p.vistas(["checkout", "p.yaml", "all", "all"]);
    expect(p.read("all/o")).toBe(`1\n2\ns\n{"k":3,"lr":0.5}\n`.repeat(2));
    await p.vistas(["checkout", "p.yaml", "again/deep/d", "deep"]);
    expect(p.read("deep/d.txt")).toBe("main\nf\ns7\n");
    expect((await p.vistas(["show", "p.yaml", "block/train[seed=1]"])).stdout).toContain("a  1");
    expect((await p.vistas(["reproduce", "p.yaml"])).code).toBe(0);

    // A block is named as a whole, or by its steps.
    expect(Object.keys(await p.run(["again"])).sort()).toEqual(["again/deep/d", "again/prep", "again/train"]);
    const skipped = await p.run(["--set", "n=3"]);
    expect([skipped["again/prep"], skipped["again/deep/d"]]).toEqual(["skipped", "skipped"]);

    // By itself it has the same keys, as has the same written out.
    const own = await keys(p, "p.yaml");
    p.write("blocks/raw.txt", "main\n");
    expect(await keys(p, "blocks/block.yaml")).toEqual({
      ...{ prep: own["again/prep"], train: own["again/train"], "deep/d": own["again/deep/d"] },
    });
    p.write("s.txt", "s\n");
    const out = BLOCK.slice(BLOCK.indexOf("  prep"), BLOCK.indexOf("  deep"))
      .replace("i: images", "i: data")
      .replace("params.seed }}", "matrix.seed }}")
      .replace("outputs: { m: m", "matrix: { seed: [0, 1] }\n    outputs: { m: m");
    p.write(
      "q.yaml",
      `params: { n: 2, model: { lr: 0.5, k: 3 } }\nsteps:\n${MAIN.slice(MAIN.indexOf("  data"), MAIN.indexOf("  block"))}${out}`,
    );
    const written = await keys(p, "q.yaml");
    expect([written["train[seed=0]"], written["train[seed=1]"], written["prep"]]).toEqual([
      ...[own["block/train[seed=0]"], own["block/train[seed=1]"], own["block/prep[seed=0]"]],
    ]);
  });

  it("may chain, gather, glob, take axes from a step and use plug-ins of its own, relative to its file", async () => {
    const p = new Project({
      "p.yaml": `
steps:
  src: { run: "echo \${{ matrix.s }} > \${{ outputs.o }}", outputs: { o: o }, matrix: { s: [1, 2] } }
  b: { pipeline: ./sub/b.yaml, inputs: { x: src }, with: { k: "\${{ matrix.k }}" }, matrix: { k: [5, 6] } }
  end: { run: "cat \${{ inputs.i }} > \${{ outputs.o }}", inputs: { i: b.chain }, outputs: { o: o } }
`,
      "sub/b.yaml": `
inputs: [x]
plugins: [./mine.js]
params: { k: 0 }
outputs: { chain: chain }
steps:
  one: { run: "cat \${{ inputs.i }} > \${{ outputs.o }}; echo \${{ params.k }} >> \${{ outputs.o }}", inputs: { i: x }, outputs: { o: o } }
  sum: { run: "cat \${{ inputs.i }}/* > \${{ outputs.o }}", inputs: { i: one }, over: [s], outputs: { o: o } }
  chain: { scan: t, start: sum, matrix: { t: [0, 1] }, run: "cat \${{ inputs.p }} > \${{ outputs.o }}; echo \${{ matrix.t }} >> \${{ outputs.o }}", inputs: { p: chain }, outputs: { o: o } }
  names: { run: "echo '[\\"u\\"]' > \${{ outputs.l }}", outputs: { l: l.json } }
  each: { run: "echo \${{ matrix.n }} \${{ params.k }} > \${{ outputs.o }}", outputs: { o: o }, matrix: { n: { from: names.l } } }
  byfile: { run: "cat \${{ inputs.f }} > \${{ outputs.o }}", inputs: { f: "\${{ matrix.f }}" }, outputs: { o: o }, matrix: { f: { files: "./data/*.txt" } } }
  kind: { uses: mine }
`,
      "sub/data/1.txt": "1\n",
      "sub/data/2.txt": "2\n",
      "sub/.vistasignore": "2.txt\n",
      "sub/mine.js": `
import { defineStep } from "vistas";
import { basename } from "node:path";
import { writeFileSync } from "node:fs";
export default defineStep({ kind: "mine", summary: "Where it is.", with: { type: "object" }, outputs: ["o"], run(ctx) {
  writeFileSync(ctx.outputs.o, basename(process.env.VISTAS_PROJECT));
} });
`,
    });
    const outcomes = await p.run();
    expect(Object.keys(outcomes)).toEqual(
      expect.arrayContaining([
        "b/each[k=5,n=u]",
        "b/byfile[f=./data/1.txt,k=6]",
        "b/chain[k=6,t=1]",
        "b/sum[k=5]",
      ]),
    );
    expect(Object.keys(outcomes).some(id => id.includes("2.txt"))).toBe(false);
    await p.vistas(["checkout", "p.yaml", "end[k=5,t=1]", "end"]);
    expect(p.read("end/o")).toBe("1\n5\n2\n5\n0\n1\n");
    await p.vistas(["checkout", "p.yaml", "b/kind[k=5]", "kind"]);
    expect(p.read("kind/o")).toBe("sub");
  });
});
