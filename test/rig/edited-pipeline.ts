import fc from "fast-check";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadPipeline, run } from "../../runner/index.js";
import { tempFolder } from "./temp.js";

/** A pipeline of templates, conditions and blocks within blocks, by what an edit may change of it. */
interface Edited {
  readonly n: number;
  readonly flag: boolean;
  readonly seeds: readonly number[];
  /** What the templates have, and what is laid over them. */
  readonly word: string;
  readonly variable: string;
  readonly own: string | undefined;
  /** What a file that is written before the program has. */
  readonly config: { readonly a: number; readonly b?: readonly number[] };
  readonly data: string;
  readonly when: string | undefined;
  /** Of the block: its params, its condition, an axis of its own, and the block in it. */
  readonly level: string;
  readonly innerWhen: string | undefined;
  readonly widths: readonly number[] | undefined;
  readonly deep: boolean;
  readonly input: "data" | "./data.txt";
}

const word = fc.constantFrom("x", "y", "z z");
const shape: { [K in keyof Edited]: fc.Arbitrary<Edited[K]> } = {
  n: fc.integer({ min: 0, max: 2 }),
  flag: fc.boolean(),
  seeds: fc.subarray([0, 1, 2], { minLength: 1 }),
  word,
  variable: word,
  own: fc.option(word, { nil: undefined }),
  config: fc.oneof(fc.record({ a: fc.nat(2) }), fc.record({ a: fc.nat(2), b: fc.subarray([1, 2]) })),
  data: word,
  when: fc.constantFrom(undefined, "params.flag", "matrix.seed < 1", "not params.flag or matrix.seed == 2"),
  level: fc.constantFrom("7", '"${{ params.n }}"', '"${{ matrix.seed }}"'),
  innerWhen: fc.constantFrom(undefined, "params.level != 1"),
  widths: fc.option(fc.subarray([1, 2], { minLength: 1 }), { nil: undefined }),
  deep: fc.boolean(),
  input: fc.constantFrom("data", "./data.txt"),
};

/** A pipeline, and edits of it: each changes a few things. */
export function edits(most: number): fc.Arbitrary<[Edited, Partial<Edited>[]]> {
  const some = fc.record(shape, { requiredKeys: [] });
  return fc.tuple(fc.record(shape), fc.array(some, { minLength: 1, maxLength: most }));
}

/**
 * Runs a pipeline after each of its edits, in a store that has seen all earlier ones and in an empty one. Throws where the two
 * do not come to the same instances, keys and bytes, or where something is made a second time.
 */
export async function checkEdits([first, changes]: [Edited, Partial<Edited>[]]): Promise<void> {
  const folder = tempFolder();
  const made = new Set<string>();
  let state = first;
  for (const change of [{}, ...changes]) {
    state = { ...state, ...change };
    for (const [name, text] of Object.entries(filesOf(state))) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const [known, empty] = [await outcomes(folder, "known"), await outcomes(folder, "empty")];
    rmSync(join(folder, "empty"), { recursive: true });
    const [a, b] = [known, empty].map(steps => JSON.stringify(steps.map(({ told }) => told)));
    if (a !== b) throw new Error(`after ${JSON.stringify(state)}:\n${a ?? ""}\n${b ?? ""}`);
    for (const { outcome, key } of known) {
      if (outcome !== "ran" || key === null) continue;
      if (made.has(key)) throw new Error(`${key} was made twice: ${JSON.stringify(state)}`);
      made.add(key);
    }
  }
  rmSync(folder, { recursive: true });
}

async function outcomes(folder: string, root: string) {
  const pipeline = await loadPipeline("p.yaml", {
    cwd: folder,
    root: join(folder, root),
    env: { PATH: process.env["PATH"] ?? "", HOME: folder },
  });
  const { outcome, steps } = await run(pipeline);
  if (outcome !== "done") throw new Error(JSON.stringify(steps.filter(step => step.error !== undefined)));
  return steps.map(({ id, key, outcome: ended, outputs }) => {
    const digests = Object.entries(outputs).map(([name, { digest }]) => [name, digest]);
    return { key, outcome: ended, told: [id, key, ended === "skipped", digests] };
  });
}

function filesOf(state: Edited): Record<string, string> {
  const { n, flag, seeds, variable, own, config, data, when, level, innerWhen, widths, deep, input } = state;
  const cat = "cat ${{ inputs.i }} > ${{ outputs.o }}";
  const condition = (text: string | undefined): string => (text === undefined ? "" : `, when: "${text}"`);
  return {
    "data.txt": `${data}\n`,
    "p.yaml": `params: { n: ${n}, flag: ${String(flag)}, seeds: ${JSON.stringify(seeds)} }
templates:
  any: { outputs: { o: o }, env: { V: "${variable}" } }
  say: { extends: any, run: 'echo ${state.word} $V > \${{ outputs.o }}'${own === undefined ? "" : ', env: { V: "over" }'} }
  take: { extends: any, run: "${cat}" }
steps:
  data: { extends: say${own === undefined ? "" : `, env: { W: "${own}" }, run: 'echo $V $W > \${{ outputs.o }}'`} }
  block: { pipeline: ./b/block.yaml, with: { level: ${level}, mark: "\${{ matrix.seed }}" }, inputs: { d: ${input} }, matrix: { seed: "\${{ params.seeds }}" }${condition(when)} }
  fixed: { pipeline: ./b/block.yaml, inputs: { d: data } }
  each: { extends: take, inputs: { i: block.out } }
  all: { run: "cat \${{ inputs.i }}/* > \${{ outputs.o }}", outputs: { o: o }, inputs: { i: each }, over: [seed] }
`,
    "b/block.yaml": `params: { level: 5, mark: 9 }
inputs: { d: ./own.txt }
outputs: { out: last }
templates:
  step: { outputs: { o: o }, files: { c.json: ${JSON.stringify(config)} } }
steps:
  first:
    extends: step
    run: "cat \${{ inputs.i }} c.json > \${{ outputs.o }}; echo \${{ params.level }} \${{ params.mark }} >> \${{ outputs.o }}"
    inputs: { i: d }
  ${widths === undefined ? "" : `wide: { run: 'echo \${{ matrix.width }} > \${{ outputs.o }}', outputs: { o: o }, matrix: { width: ${JSON.stringify(widths)} }${condition(innerWhen)} }`}
  ${deep ? 'deep: { pipeline: ./d/deep.yaml, inputs: { x: first }, with: { s: "${{ params.level }}" } }' : ""}
  last: { extends: step, run: "${cat}", inputs: { i: ${deep ? "deep" : "first"} } }
`,
    "b/own.txt": "own\n",
    "b/d/deep.yaml": `params: { s: 1 }
inputs: [x]
outputs: { y: d }
steps:
  d: { run: "cat \${{ inputs.x }} \${{ inputs.f }} > \${{ outputs.o }}; echo \${{ params.s }} >> \${{ outputs.o }}", inputs: { x: x, f: ./f.txt }, outputs: { o: o } }
`,
    "b/d/f.txt": `${state.word}\n`,
  };
}
