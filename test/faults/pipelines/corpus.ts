import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { renderLock } from "../../../runner/lock/write.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Every pipeline of the repository, every example of YAML in its pages, and one that has something of everything. */
export function pipelineTexts(): readonly string[] {
  const pipelines = readdirSync(join(root, "pipelines")).filter(name => /\.ya?ml$/.test(name));
  const pages = ["README.md", ...readdirSync(join(root, "docs")).map(name => join("docs", name))];
  const examples = pages
    .filter(page => page.endsWith(".md"))
    .flatMap(page => [...readFileSync(join(root, page), "utf8").matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)])
    .map(match => match[1] ?? "");
  return [
    EVERYTHING,
    ...pipelines.map(name => readFileSync(join(root, "pipelines", name), "utf8")),
    ...examples,
  ];
}

/** A lock as vistas writes it, of two steps. */
export function lockText(): string {
  const digest = "0123456789abcdef".repeat(4);
  const print = {
    ...{ kind: "run", code: {}, with: { form: "argv", command: [[{ text: "true" }]], outputs: { o: "o" } } },
    inputs: [{ role: "d", label: "", source: "file", path: "./d", type: "file", digest } as const],
    ...{ env: { LANG: "sha256:0123456789abcdef" }, numeric: "" },
  };
  const made = { key: digest, outputs: { o: { type: "file", digest, bytes: 1 } as const } };
  const kind = { ...print, kind: "sample-views", code: { "a.js": digest.slice(16) }, numeric: "cpu-1" };
  return renderLock({
    ...{ pipeline: "p", params: { a: 1 }, environment: { node: "v20" }, engines: ["cpu-1"] },
    steps: new Map([
      ["a", { ...made, fingerprint: print, metrics: { n: 1 } }],
      ["b[seed=0]", { ...made, fingerprint: kind, metrics: {}, label: "exact" }],
    ]),
  });
}

/** Files that the texts name; all else that they name is missing. */
export const files: Readonly<Record<string, string>> = {
  "analyse.py": "print(1)\n",
  "make.py": "print(1)\n",
  "data.txt": "data\n",
  "kinds/count.js":
    'import { defineStep } from "vistas";\n' +
    'export default defineStep({ kind: "count", summary: "s", with: { type: "object" }, inputs: { text: "t" }, outputs: { report: "r" }, run() {} });\n',
};

const EVERYTHING = `# yaml-language-server: $schema=./pipeline.schema.json
name: everything
description: >
  What the fuzz cuts up.
params:
  count: 10
  rate: 0.1
  seeds: [0, 1, 2]
  transform: { kind: gaussian, sigma: 0.3 }
  derived: "run \${{ params.count }}"
plugins: [./kinds/count.js]
x-notes: &notes [a, b]
x-more: *notes
steps:
  views:
    uses: sample-views
    inputs: { generator: model }
    with: { anchors: "\${{ params.count }}", views: 2, transform: "\${{ params.transform }}", seed: 0 }
  model:
    uses: fetch-generator
    with: { source: [./a, "https://example.org/x"], sha256: { model.onnx: "${"0".repeat(64)}" } }
  encoder:
    uses: train-contrastive
    inputs: { views: views }
    with: { updates: 5, seed: "\${{ matrix.seed }}" }
    env: { W: "\${{ matrix.w }}" }
    matrix: { seed: "\${{ params.seeds }}", w: [x, "y z", true, 1.5] }
    resources: { cpus: 2, memory: 4GB, gpus: 0 }
    timeout: 1h30m
    retries: 1
    deterministic: true
  words: { uses: count, inputs: { text: ./data.txt } }
  table:
    run: |
      # \${{ params.derived }}
      echo "\${{ params.derived }}" "$(cat \${{ inputs.model }})" > \${{ outputs.table }}
    inputs: { model: encoder, script: ./analyse.py }
    outputs: { table: out/table.csv, metrics: metrics.json }
    env: { LANG: C, SEED: "\${{ matrix.seed }}" }
  all:
    run: [cat, "\${{ inputs.tables }}", "\${{ params.seeds }}", "\${{ outputs.all }}", "a $\${{ b"]
    over: [seed, w]
    inputs: { tables: table.table }
    outputs: { all: all.csv }
    env: [LANG]
expect:
  - { metric: table.rows, value: 1, tolerance: 1 %, over: [seed, w], source: "our v1 run" }
  - { metric: "table[seed=0,w=x].rows", value: 1, tolerance: 2 se, engines: { wasm: { value: 2 } } }
  - { claim: more is more, that: "mean(table.rows, seed) > 0 and not (all.n * 2 <= -1e3)" }
  - { claim: better, test: paired-t, of: "mean(table.rows, w)", alternative: greater, alpha: 0.05, family: f }
  - { claim: rises, test: trend, of: table.rows, along: seed, n: 3 }
`;
