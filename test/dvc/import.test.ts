import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

/** What a scripted `dvc repro` would leave: programs of a shell, since DVC's own are in Python. */
const TOOLS = {
  "src/prepare.sh": `mkdir -p data/prepared
seed=$(sed -n 's/^  *seed: //p' params.yaml); echo "$seed" > data/prepared/seed
head -n 2 data/data.txt > data/prepared/train.txt; tail -n 1 data/data.txt > data/prepared/test.txt\n`,
  "src/train.sh": `cat data/prepared/train.txt data/prepared/seed > "$1"\n`,
  "src/evaluate.sh": `mkdir -p eval/live; wc -c < "$1" > eval/size.txt; printf '{"size": %d}' "$(wc -c < "$1")" > eval/metrics.json\n`,
  "data/data.txt": "a\nb\nc\n",
};

describe("vistas import", () => {
  it("carries tracked params, folders, and metrics that lie in a folder (the shape of example-get-started)", async () => {
    const p = new Project({
      ...TOOLS,
      "params.yaml": "prepare:\n  seed: 7 # of the split\n  split: 0.20\n",
      "dvc.yaml": `
stages:
  prepare:
    cmd: sh src/prepare.sh data/data.txt
    deps: [data/data.txt, src/prepare.sh]
    params: [prepare.seed, prepare.split]
    outs: [data/prepared]
  train:
    cmd: sh src/train.sh model.pkl
    deps: [data/prepared, src/train.sh]
    outs: [model.pkl]
  evaluate:
    cmd: sh src/evaluate.sh model.pkl
    deps: [model.pkl, src/evaluate.sh]
    outs: [eval]
    frozen: true
metrics: [eval/metrics.json]
artifacts: { model: { path: model.pkl } }
`,
    });
    const imported = await p.vistas(["import", "--out", "p.yaml"]);
    expect(imported.code).toBe(0);
    expect(imported.stdout).toContain("p.yaml: 3 steps");
    expect(imported.stderr).toMatch(/dvc\.yaml:16:5: warning\[not-carried\]: a step cannot be frozen/);
    expect(imported.stderr).toMatch(/dvc\.yaml:18:1: warning\[not-carried\]/);
    expect(p.read("p.yaml")).toContain("split: 0.20");

    expect(await p.run()).toEqual({ prepare: "ran", train: "ran", evaluate: "ran" });
    expect(await p.output("train", "model")).toBe("a\nb\n7\n");
    expect(JSON.parse((await p.vistas(["show", "p.yaml", "evaluate", "--json"])).stdout)).toMatchObject({
      metrics: { size: 6 },
    });
    expect(await p.run()).toEqual({ prepare: "cached", train: "cached", evaluate: "cached" });
    expect((await p.run(["--set", "prepare.seed=12"]))["evaluate"]).toBe("ran");
  });

  it("makes axes of foreach and matrix, and gathers what takes all of them", async () => {
    const p = new Project({
      "dvc.yaml": `
vars:
  - regions: { uk: { lr: 0.1, tag: a }, us: { lr: 0.2, tag: b } }
stages:
  fit:
    foreach: \${regions}
    do:
      cmd: echo "\${key} \${item.lr}" > models/\${key}.txt
      outs: ['models/\${key}.txt']
  sweep:
    matrix:
      region: [uk, us]
      seed: [0, 1]
    cmd: >-
      printf '{"score": %d}' \${item.seed} > "out/\${item.region}-\${item.seed}.json"
    metrics:
      - out/\${item.region}-\${item.seed}.json:
          cache: false
  collect:
    cmd: cat models/uk.txt models/us.txt out/*.json > all.txt
    deps: [models, out]
    outs: [all.txt]
`,
    });
    await p.vistas(["import", "--out", "p.yaml"]);
    const outcomes = await p.run();
    expect(Object.keys(outcomes).sort()).toEqual([
      "collect",
      "fit[regions=uk]",
      "fit[regions=us]",
      "sweep[region=uk,seed=0]",
      "sweep[region=uk,seed=1]",
      "sweep[region=us,seed=0]",
      "sweep[region=us,seed=1]",
    ]);
    expect(await p.output("collect", "all")).toBe(
      'uk 0.1\nus 0.2\n{"score": 0}{"score": 1}{"score": 0}{"score": 1}',
    );
    const again = await p.run(["--set", "regions.us.lr=0.3"]);
    expect(again).toMatchObject({
      "fit[regions=uk]": "cached",
      "fit[regions=us]": "ran",
      collect: "ran",
    });
  });

  it("makes steps of instances where one of them is taken alone, and follows wdir and lists of commands", async () => {
    const p = new Project({
      "params.yaml": "say: echo -n\nflags: { depth: 3, verbose: true, layers: [1, 2], quiet: false }\n",
      "dvc.yaml": `
stages:
  part:
    foreach: [x, y]
    do:
      wdir: parts
      cmd:
        - \${say} \${item} > \${item}.txt
        - "echo ' \${flags}' >> \${item}.txt"
      outs: ['\${item}.txt']
  use:
    cmd: cp parts/y.txt y.txt
    deps: [parts/y.txt]
    outs: [y.txt]
`,
    });
    const { stderr } = await p.vistas(["import", "--out", "p.yaml"]);
    expect(stderr).toContain("`echo -n` is written into the command");
    const outcomes = await p.run();
    expect(outcomes).toEqual({ "part-x": "ran", "part-y": "ran", use: "ran" });
    expect(await p.output("use", "y")).toBe("y --depth 3 --verbose --layers 1 2\n");
  });

  it("refuses what DVC refuses, at its place, and overwrites nothing", async () => {
    const p = new Project({
      "dvc.yaml":
        "stages:\n  a:\n    cmd: echo ${nothing}\n    outs: [x.txt]\n  b:\n    cmd: echo\n    outs: [x.txt]\n",
      "there.yaml": "mine",
    });
    const { code, stderr } = await p.vistas(["import"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/dvc\.yaml:3:10: error\[unknown-name\]: `nothing` has no value/);
    expect(stderr).toMatch(/dvc\.yaml:7:12: error\[bad-output\]: `a` writes `x.txt` as well/);
    expect((await p.vistas(["import", "--out", "there.yaml"])).code).toBe(2);
    expect(p.read("there.yaml")).toBe("mine");
  });
});
