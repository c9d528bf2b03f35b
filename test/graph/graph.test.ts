import { afterAll, describe, expect, it } from "@jest/globals";
import type { Json } from "../../runner/core/json.js";
import type { GraphNode } from "../../runner/pipeline/graph/graph.js";
import { projectOf } from "../../runner/core/project-folder.js";
import { matches, selectNodes, withAncestors } from "../../runner/pipeline/graph/select.js";
import { folderOf, load, mistakes } from "../spec/support.js";

const folder = folderOf({ "data/a.csv": "1\n", "analyse.py": "", "other/p.yaml": "" });
afterAll(folder.remove);

const graphOf = async (text: string, env: Record<string, string> = {}) =>
  (await load(text, { cwd: folder.path, env })).graph;
const only = async (text: string, env?: Record<string, string>): Promise<GraphNode> => {
  const [node, ...more] = (await graphOf(text, env)).nodes;
  if (node === undefined || more.length > 0) throw new Error("not one node");
  return node;
};

describe("a command", () => {
  it("keeps paths symbolic and everything else as text", async () => {
    const { work } = await only(`params: { n: 3, flag: true, words: [a, 1, false] }
steps:
  a:
    run: [prog, "--n=\${{ params.n }}\${{ params.flag }}", "\${{ params.words }}", 7, "i=\${{ inputs.data }};o=\${{ outputs.o }}", "$\${{ x }}"]
    inputs: { data: ./data/a.csv }
    outputs: { o: o.csv }
`);
    expect(work).toEqual({
      type: "command",
      form: "argv",
      words: [
        [{ text: "prog" }],
        [{ text: "--n=3true" }],
        [{ text: '["a",1,false]' }],
        [{ text: "7" }],
        [{ text: "i=" }, { input: "data" }, { text: ";o=" }, { output: "o" }],
        [{ text: "${{ x }}" }],
      ],
      outputs: { o: "o.csv" },
    });
  });

  it("in a shell is one template with every value quoted", async () => {
    const { work } = await only(`params: { text: "it's" }
steps:
  a:
    run: |
      # \${{ params.nothing }}
      cat \${{ inputs.data }} "x \${{ params.text }}" 'y \${{ params.text }}' >"\${{ outputs.o }}"
    inputs: { data: ./data/a.csv }
    outputs: { o: o.csv }
`);
    expect(work).toMatchObject({
      form: "shell",
      words: [
        [
          { text: "# ${{ params.nothing }}\ncat " },
          { input: "data", quote: "none" },
          { text: ` "x "'it'\\''s'"" 'y ''it'\\''s''' >"` },
          { output: "o", quote: "double" },
          { text: '"\n' },
        ],
      ],
    });
  });

  it("takes declared variables: passed through, fixed, or not set", async () => {
    const through = await only("steps: { a: { run: [x], env: [LANG, NONE] } }", { LANG: "C", SECRET: "s" });
    expect(through.env).toEqual([
      { name: "LANG", value: "C" },
      { name: "NONE", value: undefined },
    ]);
    const fixed = await graphOf(`steps:
  a:
    run: [x, "\${{ env.SEED }}"]
    matrix: { seed: [1, 2] }
    env: { SEED: "s\${{ matrix.seed }}", N: 4, B: true }
`);
    expect(fixed.nodes.map(node => node.env)).toEqual(
      ["s1", "s2"].map(seed => [
        { name: "B", value: "true" },
        { name: "N", value: "4" },
        { name: "SEED", value: seed },
      ]),
    );
    expect(fixed.nodes.map(node => node.work)).toMatchObject(
      ["s1", "s2"].map(text => ({ words: [[{ text: "x" }], [{ text }]] })),
    );
  });

  it("takes the entries of a param that its axes choose", async () => {
    const { nodes } = await graphOf(`params: { t: { "1": { w: one }, x: { w: ten } }, l: [a, b] }
steps:
  a: { run: ["\${{ params.t[matrix.m].w }}"], matrix: { m: [1, x] } }
  b: { run: ["-\${{ params.l[matrix.i] }}"], matrix: { i: [0, 1] } }
`);
    expect(nodes.map(node => node.work)).toMatchObject(
      ["one", "ten", "-a", "-b"].map(text => ({ words: [[{ text }]] })),
    );
  });

  it("has limits with defaults, also by params", async () => {
    const plain = await only("steps: { a: { run: [x] } }");
    expect(plain).toMatchObject({ resources: { cpus: 1, gpus: 0, memory: 0 }, retries: 0 });
    expect(plain).not.toHaveProperty("timeoutMs");
    const limited = await only(`params: { c: 4, t: 1m }
steps: { a: { run: [x], resources: { cpus: "\${{ params.c }}", gpus: 1, memory: 2GiB }, timeout: "\${{ params.t }}", retries: 3 } }
`);
    expect(limited).toMatchObject({
      resources: { cpus: 4, gpus: 1, memory: 2 ** 31 },
      timeoutMs: 60_000,
      retries: 3,
    });
  });
});

describe("a step of a kind", () => {
  it("has its options with defaults, keeping the type of whole-value expressions", async () => {
    const { nodes } = await graphOf(`params: { t: { kind: gaussian, sigma: 0.3 }, n: 12 }
steps:
  d: { uses: make-data, with: { count: "\${{ params.n }}", source: "n=\${{ params.n }}" } }
  m: { uses: train-model, inputs: { data: d.images }, with: { rate: 0.1, transform: "\${{ params.t }}" } }
`);
    expect(nodes.map(node => node.work)).toEqual([
      { type: "kind", kind: "make-data", with: { count: 12, source: "n=12" } },
      {
        type: "kind",
        kind: "train-model",
        with: { seed: 0, rate: 0.1, transform: { kind: "gaussian", sigma: 0.3 } },
      },
    ]);
  });
});

describe("files of the user's", () => {
  it("are relative to the project folder, in their shortest form", async () => {
    const text = `steps: { a: { run: [x], inputs: { b: ./data/../data//a.csv, a: ./data/, c: ${folder.path}/analyse.py } } }`;
    const sources = (await only(text)).inputs.map(input => input.source);
    expect(sources).toEqual([
      { type: "file", path: "./data", absolute: `${folder.path}/data` },
      { type: "file", path: "./data/a.csv", absolute: `${folder.path}/data/a.csv` },
      { type: "file", path: `${folder.path}/analyse.py`, absolute: `${folder.path}/analyse.py` },
    ]);
  });

  it("may be named by params and axes", async () => {
    const graph = await graphOf(
      'steps: { a: { run: [x], matrix: { n: [a] }, inputs: { i: "./data/${{ matrix.n }}.csv" } } }',
    );
    expect(graph.nodes[0]?.inputs[0]?.source).toMatchObject({ path: "./data/a.csv" });
    expect(
      await mistakes(
        'steps: { a: { run: [x], matrix: { n: [b] }, inputs: { i: "./data/${{ matrix.n }}.csv" } } }',
      ),
    ).toMatchObject([{ code: "missing-file" }]);
  });

  it("belong to the folder above a folder called pipelines", () => {
    expect(projectOf("/x/pipelines/p.yaml")).toBe("/x");
    expect(projectOf("/x/other/p.yaml")).toBe("/x/other");
  });
});

describe("axes", () => {
  const text = `params: { seeds: [2, 0] }
steps:
  all: { run: [x], over: [seed], inputs: { p: probe, d: data } }
  each: { run: [x], over: [size], inputs: { p: probe } }
  probe: { run: [x, "\${{ matrix.seed }}", "\${{ matrix.size }}"], inputs: { e: encoder, d: data }, outputs: { o: o } }
  encoder: { run: [x, "\${{ matrix.seed }}"], matrix: { seed: "\${{ params.seeds }}" }, outputs: { o: o } }
  data: { run: [x, "\${{ matrix.size }}"], matrix: { size: [s, m] }, outputs: { o: o } }
`;

  it("broadcast as named dimensions, the last one fastest, inputs first", async () => {
    const { nodes, byId } = await graphOf(text);
    expect(nodes.map(node => node.id)).toEqual([
      ...["encoder[seed=2]", "encoder[seed=0]", "data[size=s]", "data[size=m]"],
      ...["probe[seed=2,size=s]", "probe[seed=2,size=m]", "probe[seed=0,size=s]", "probe[seed=0,size=m]"],
      ...["all[size=s]", "all[size=m]", "each[seed=2]", "each[seed=0]"],
    ]);
    expect(byId.get("probe[seed=0,size=m]")?.inputs).toEqual([
      { role: "d", source: { type: "artifact", node: "data[size=m]", output: "o" } },
      { role: "e", source: { type: "artifact", node: "encoder[seed=0]", output: "o" } },
    ]);
    expect(byId.get("probe[seed=0,size=m]")?.labels).toEqual({ seed: 0, size: "m" });
  });

  it("are gathered with their labels, and what lacks them stays single", async () => {
    const { byId } = await graphOf(text);
    expect(byId.get("all[size=m]")?.inputs).toEqual([
      { role: "d", source: { type: "artifact", node: "data[size=m]", output: "o" } },
      {
        role: "p",
        source: {
          type: "gathered",
          entries: [2, 0].map(seed => ({
            type: "artifact",
            node: `probe[seed=${seed},size=m]`,
            output: "o",
            place: { seed },
          })),
        },
      },
    ]);
  });

  it("of the same values in another order are the same", async () => {
    const { nodes } = await graphOf(`steps:
  a: { run: [x, "\${{ matrix.s }}"], matrix: { s: [1, 2] }, outputs: { o: o } }
  b: { run: [x], matrix: { s: [2, 1] }, inputs: { i: a } }
`);
    expect(nodes.map(node => node.id)).toEqual(["a[s=1]", "a[s=2]", "b[s=2]", "b[s=1]"]);
    expect(nodes[2]?.inputs[0]?.source).toMatchObject({ node: "a[s=2]" });
  });

  it("do not depend on the order of keys in the file", async () => {
    const one = await graphOf("steps: { a: { run: [x], repeats: true, matrix: { s: [1, 2], t: [3, 4] } } }");
    const two = await graphOf("steps: { a: { matrix: { t: [3, 4], s: [1, 2] }, repeats: true, run: [x] } }");
    expect(two.nodes).toEqual(one.nodes);
  });
});

describe("a selection", () => {
  const text = `steps:
  a: { run: [x], outputs: { o: o } }
  b: { run: [x], repeats: true, inputs: { i: a }, matrix: { s: [0, 1], t: [x, y] }, outputs: { o: o } }
  c: { run: [x], inputs: { i: b }, outputs: { o: o } }
  d: { run: [x], over: [s], inputs: { i: c } }
  e: { run: [x] }
`;
  const select = async (...selections: string[]) =>
    selectNodes(await graphOf(text), selections).map(node => node.id);

  it("of nothing is everything", async () => {
    expect(await select()).toHaveLength(12);
  });

  it("takes ancestors, and with + descendants and what they need", async () => {
    expect(await select("e")).toEqual(["e"]);
    expect(await select("b[s=0,t=x]")).toEqual(["a", "b[s=0,t=x]"]);
    expect(await select("b[t=x,s=0]")).toEqual(["a", "b[s=0,t=x]"]);
    expect(await select("c[t=y]")).toEqual(["a", "b[s=0,t=y]", "b[s=1,t=y]", "c[s=0,t=y]", "c[s=1,t=y]"]);
    expect(await select("c[s=0,t=y]+")).toEqual([
      "a",
      "b[s=0,t=y]",
      "b[s=1,t=y]",
      "c[s=0,t=y]",
      "c[s=1,t=y]",
      "d[t=y]",
    ]);
    expect(await select("a+", "e")).toHaveLength(12);
  });

  it("by itself leaves ancestors out", async () => {
    const graph = await graphOf(text);
    expect(matches(graph, "c[s=1]").map(node => node.id)).toEqual(["c[s=1,t=x]", "c[s=1,t=y]"]);
    expect(withAncestors(graph, matches(graph, "d[t=x]")).map(node => node.id)).toContain("b[s=1,t=x]");
  });
});

describe("many steps", () => {
  const step = (from: string): Json => ({
    ...{ run: ["x", "${{ inputs.a }}"], inputs: { a: from }, outputs: { o: "o" } },
  });
  const pipeline = (count: number, from: (i: number) => string): Json => ({
    steps: Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, step(from(i))])),
  });
  const source = "./analyse.py";

  it.each([
    ["in a chain", (i: number) => (i === 0 ? source : `s${i - 1}`)],
    ["in a chain, the last one first", (i: number) => (i === 9999 ? source : `s${i + 1}`)],
    ["from one", (i: number) => (i === 0 ? source : "s0")],
  ])("%s are a graph", async (_title, from) => {
    // From the cache, because reading the YAML of 10,000 steps takes seconds.
    const cache = { get: () => ({ value: pipeline(10_000, from), spellings: [] }), put: () => undefined };
    const { graph } = await load("", { cwd: folder.path, cache });
    expect(graph.nodes).toHaveLength(10_000);
    expect(selectNodes(graph, ["s9999", "s0+"])).toHaveLength(10_000);
  });

  it("in a circle are one mistake", async () => {
    const text = JSON.stringify(
      pipeline(1000, i => `s${(i + 1) % 1000}`),
      null,
      1,
    );
    expect((await mistakes(text)).map(d => d.code)).toEqual(["cycle"]);
  });

  it("with a mistake each are told of all", async () => {
    const text = JSON.stringify(
      pipeline(1000, i => `t${i}`),
      null,
      1,
    );
    expect(await mistakes(text)).toHaveLength(1000);
  });
});
