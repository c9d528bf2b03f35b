import { afterAll, describe, expect, it } from "@jest/globals";
import { brief, folderOf, load, mistakes } from "./support.js";

const BLOCK = `params: { seed: 7, lr: 1, spare: 3, axis: [1] }
inputs: [x]
outputs: { m: one.o, n: two }
steps:
  one: { run: "cat \${{ inputs.x }} \${{ params.lr }}", inputs: { x: x }, outputs: { o: o } }
  two: { run: "cat \${{ inputs.x }} \${{ params.seed }} \${{ matrix.a }}", inputs: { x: one, y: x }, outputs: { o: o }, matrix: { a: "\${{ params.axis }}" } }
`;
const folder = folderOf({
  "b.yaml": BLOCK,
  "wrong.yaml": `inputs: [x, one]
outputs: { q: tow }
templates: { t: { timeout: 5x } }
steps:
  one: { extends: t, run: [cat, "\${{ inputs.x }}"], inputs: { x: x.o } }
`,
  "late.yaml": 'steps:\n  a: { run: [x, "${{ params.none }}"] }\n',
  "syntax.yaml": "steps: [\n",
  "self.yaml": "steps:\n  a: { pipeline: ./self.yaml }\n",
  "dir/x": "",
  ...Object.fromEntries(
    Array.from({ length: 25 }, (_, i) => [
      `level${i}.yaml`,
      `steps:\n  a: { pipeline: ./level${i + 1}.yaml }\n  b: { pipeline: ./level${i + 1}.yaml }\n`,
    ]),
  ),
  "level25.yaml": "steps: { a: { run: [x] } }\n",
});
afterAll(folder.remove);

const DATA = "steps:\n  d: { run: [x], outputs: { o: o } }\n";
const found = async (steps: string): Promise<string[]> =>
  (await mistakes(DATA + steps, { cwd: folder.path })).map(d =>
    d.file === "p.yaml" ? brief(d) : `${d.file} ${brief(d)}`,
  );

describe("what is wrong with a pipeline as a step", () => {
  it.each([
    ["no such file", "  a: { pipeline: ./none.yaml }\n", ["missing-file 3:18"]],
    ["a folder", "  a: { pipeline: ./dir }\n", ["missing-file 3:18"]],
    ["a file elsewhere", "  a: { pipeline: ./../x.yaml }\n", ["outside-project 3:18"]],
    ["no path", "  a: { pipeline: b.yaml }\n", ["missing-input 3:3", "wrong-value 3:18"]],
    ["YAML that is none", "  a: { pipeline: ./syntax.yaml }\n", ["syntax.yaml yaml-syntax 2:1"]],
    [
      "blocks of blocks of blocks",
      "  a: { pipeline: ./level0.yaml }\n",
      ["level19.yaml too-many-instances 2:18"],
    ],
    ["a circle", "  a: { pipeline: ./self.yaml }\n", ["self.yaml block-cycle 2:18"]],
    [
      "inputs",
      "  a: { pipeline: ./b.yaml, inputs: { y: d } }\n",
      ["missing-input 3:28", "unknown-role 3:38"],
    ],
    [
      "outputs",
      `  a: { pipeline: ./b.yaml, inputs: { x: d } }
  e: { run: [x], inputs: { i: a.k } }
  f: { run: [x], inputs: { i: a } }
  g: { run: [x], inputs: { i: a/one } }
`,
      ["unknown-output 4:31", "ambiguous-output 5:31", "unknown-output 6:31"],
    ],
    [
      "keys of other steps",
      "  a: { pipeline: ./b.yaml, inputs: { x: d }, timeout: 5s, uses: make-data }\n",
      ["misplaced-key 3:46", "misplaced-key 3:59"],
    ],
    [
      "what is wrong within",
      "  a: { pipeline: ./wrong.yaml, inputs: { x: d, one: d } }\n",
      [
        "wrong.yaml bad-name 1:1",
        "wrong.yaml unknown-step 2:15",
        "wrong.yaml wrong-value 3:28",
        "wrong.yaml unknown-output 5:66",
      ],
    ],
    [
      "what is wrong within, once",
      "  a: { pipeline: ./late.yaml }\n  b: { pipeline: ./late.yaml }\n",
      ["late.yaml unknown-name 2:29"],
    ],
    [
      "params",
      `  a: { pipeline: ./b.yaml, inputs: { x: d }, with: { lrr: 1, lr: [1] } }
  b: { pipeline: ./b.yaml, inputs: { x: d }, with: { lr: "\${{ matrix.s }}" } }
  c: { pipeline: ./b.yaml, inputs: { x: d }, with: { axis: ["\${{ matrix.s }}"] }, matrix: { s: [1, 2] } }
`,
      ["b.yaml misplaced-expression 6:132", "unknown-param 3:54", "param-type 3:66", "unknown-name 4:70"],
    ],
    [
      "axes",
      `  a: { pipeline: ./b.yaml, inputs: { x: d }, matrix: { a: [1, 2] } }
  b: { pipeline: ./b.yaml, inputs: { x: d }, matrix: { s: [1, 2] }, when: "matrix.t == 1" }
`,
      ["b.yaml axis-conflict 6:128", "bad-condition 4:76"],
    ],
    [
      "an axis without use",
      "  b: { pipeline: ./b.yaml, inputs: { x: d }, matrix: { s: [1, 2] } }\n",
      ["axis-unused 3:56"],
    ],
  ])("%s", async (_title, steps, expected) => {
    expect(await found(steps)).toEqual(expected);
  });

  it("inputs of one that runs by itself", async () => {
    const text = 'inputs: [x, y]\nsteps: { a: { run: [cat, "${{ inputs.i }}"], inputs: { i: x } } }\n';
    expect((await mistakes(text, { cwd: folder.path })).map(brief)).toEqual(["missing-input 1:1"]);
  });

  it("an input is named by itself or as `inputs.name`", async () => {
    const block = (name: string): string =>
      `inputs: { x: { description: text } }\noutputs: { o: a }\nsteps: { a: { run: [cat, "\${{ inputs.i }}", "\${{ outputs.o }}"], inputs: { i: ${name} }, outputs: { o: o } } }\n`;
    const own = folderOf({ "short.yaml": block("x"), "long.yaml": block("inputs.x") });
    const use = (file: string): string => `${DATA}  b: { pipeline: ./${file}, inputs: { x: d } }\n`;
    const nodes = async (file: string) => (await load(use(file), { cwd: own.path })).graph.nodes;
    expect(await nodes("long.yaml")).toEqual(await nodes("short.yaml"));
    own.remove();
  });

  it("says where it is used, and warns of params that nothing reads", async () => {
    const late = await mistakes(`${DATA}  a: { pipeline: ./late.yaml }\n`, { cwd: folder.path });
    expect(late[0]?.related).toMatchObject([{ message: "used as `a`", range: { start: { line: 3 } } }]);
    const { warnings, texts } = await load(`${DATA}  a: { pipeline: ./b.yaml, inputs: { x: d } }\n`, {
      cwd: folder.path,
    });
    expect((await warnings()).filter(({ code }) => code === "unused-param")).toMatchObject([
      { file: "b.yaml", range: { start: { line: 1 } } },
    ]);
    expect([...texts.keys()]).toEqual(["p.yaml", "b.yaml"]);
  });
});
