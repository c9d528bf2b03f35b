/**
 * The cache against the truth: random pipelines, random edits on one store, and after each edit every output is compared
 * with what a model says that the programs write. Real YAML, loader, keys, scheduler and store; the programs alone are
 * played by a function, so that thousands of steps can run.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { systemClock } from "../../runner/core/clock.js";
import type { Executor } from "../../runner/exec/process/job.js";
import type { Host } from "../../runner/exec/host.js";
import { run } from "../../runner/exec/run.js";
import { loadPipeline } from "../../runner/pipeline/load-pipeline.js";
import type { Kinds } from "../../runner/pipeline/schema/kinds.js";
import { Store } from "../../runner/store/store.js";
import { memoryFolder } from "../rig/temp.js";

const NO_KINDS: Kinds = { names: [], get: () => Promise.resolve(undefined) };

interface StepModel {
  /** Index of an earlier step, or a file. */
  inputs: { role: string; from: number | string }[];
  word: string;
  param: string;
  env: boolean;
  seeds: number;
  gather: boolean;
  /** Its program loses information: other inputs may give the same bytes, which tries the early cutoff. */
  lossy: boolean;
}

interface World {
  steps: StepModel[];
  params: Record<string, string>;
  files: Record<string, string>;
  env: string;
}

const word = fc.constantFrom("x", "y", "zz", "a b", "");
const PARAMS = ["p", "q"];
const FILES = ["./f.txt", "./g.txt", "./dir"];

const world: fc.Arbitrary<World> = fc.record({
  steps: fc
    .array(
      fc.record({
        picks: fc.array(fc.tuple(fc.constantFrom("l", "m", "r"), fc.nat({ max: 9 })), { maxLength: 3 }),
        word,
        param: fc.constantFrom(...PARAMS),
        env: fc.boolean(),
        seeds: fc.nat({ max: 2 }),
        gather: fc.boolean(),
        lossy: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map(rows => rows.map(({ picks, ...row }, i) => ({ ...row, inputs: inputsOf(picks, i) }))),
  params: fc.record({ p: word, q: word }),
  files: fc.record({ "f.txt": word, "g.txt": word, "dir/one": word }),
  env: word,
});

function inputsOf(picks: [string, number][], step: number): StepModel["inputs"] {
  const roles = new Map(picks);
  return [...roles].map(([role, pick]) => ({
    role,
    from: pick < step ? pick : (FILES[pick % FILES.length] ?? "./f.txt"),
  }));
}

/** An edit as a user makes one; `at` chooses where. */
type Edit = (world: World, at: number) => void;
const step = ({ steps }: World, at: number): StepModel => steps[at % steps.length] as StepModel;
const EDITS: Readonly<Record<string, Edit>> = {
  "another param value": (w, at) => void (w.params[PARAMS[at % 2] ?? "p"] = `v${at % 3}`),
  "another file": (w, at) => void (w.files[Object.keys(w.files)[at % 3] ?? "f.txt"] = `c${at % 4}`),
  "another variable": (w, at) => void (w.env = `e${at % 3}`),
  "another word": (w, at) => void (step(w, at).word = `w${at % 3}`),
  "another param read": (w, at) => void (step(w, at).param = PARAMS[(at >> 3) % 2] ?? "p"),
  "roles swapped": (w, at) => {
    const [a, b] = step(w, at).inputs;
    if (a !== undefined && b !== undefined) [a.from, b.from] = [b.from, a.from];
  },
  "an input removed": (w, at) => void step(w, at).inputs.pop(),
  "a role renamed": (w, at) => {
    const [first] = step(w, at).inputs;
    if (first !== undefined) first.role = "n";
  },
  "a variable declared or not": (w, at) => void (step(w, at).env = !step(w, at).env),
  "more or fewer seeds": (w, at) => void (step(w, at).seeds = at % 3),
  "lossy or not": (w, at) => void (step(w, at).lossy = !step(w, at).lossy),
};

interface Axes {
  /** The step has the axis `seed` in its own matrix. */
  readonly own: boolean;
  readonly gather: boolean;
  readonly has: boolean;
}

/** Axes of one name must agree: whoever has a seed has the same ones. */
function axesOf({ steps }: World): readonly Axes[] {
  const all: Axes[] = [];
  for (const { inputs, gather: wanted, seeds } of steps) {
    const inherited = inputs.some(({ from }) => typeof from === "number" && all[from]?.has === true);
    const gather = wanted && inherited;
    const own = !inherited && seeds > 0;
    all.push({ own, gather, has: own || (inherited && !gather) });
  }
  return all;
}

function yaml(world: World): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const axes = axesOf(world);
  const blocks = world.steps.map((s, i) => {
    const words = [
      "program",
      s.lossy ? "lossy" : "exact",
      s.word,
      `\${{ params.${s.param} }}`,
      ...(axes[i]?.has === true ? ["${{ matrix.seed }}"] : []),
      "${{ outputs.o }}",
    ];
    return [
      `  s${i}:`,
      `    run: ${text([...words, ...s.inputs.map(({ role }) => `\${{ inputs.${role} }}`)])}`,
      `    inputs: ${text(Object.fromEntries(s.inputs.map(({ role, from }) => [role, typeof from === "number" ? `s${from}` : from])))}`,
      "    outputs: { o: o.txt }",
      ...(s.env ? ["    env: [V]"] : []),
      ...(axes[i]?.own === true ? ["    matrix: { seed: [0, 1] }"] : []),
      ...(axes[i]?.gather === true ? ["    over: [seed]"] : []),
    ].join("\n");
  });
  return `params: ${text(world.params)}\nsteps:\n${blocks.join("\n")}\n`;
}

/** What each instance writes, worked out without vistas. */
function expected(world: World): Record<string, string> {
  const axes = axesOf(world);
  const outputs: Record<string, string> = {};
  const id = (step: number, seed: number | undefined): string =>
    seed === undefined ? `s${step}` : `s${step}[seed=${seed}]`;
  const { files } = world;
  const seenFile = (path: string): unknown =>
    path === "./dir" ? { one: files["dir/one"] } : files[path.slice(2)];
  for (const [i, { inputs, lossy, word: own, param, env }] of world.steps.entries()) {
    for (const seed of axes[i]?.has === true ? [0, 1] : [undefined]) {
      const seenInput = ({ from }: StepModel["inputs"][number]): unknown => {
        if (typeof from === "string") return seenFile(from);
        if (axes[from]?.has !== true) return outputs[id(from, undefined)];
        if (axes[i]?.gather !== true) return outputs[id(from, seed)];
        return Object.fromEntries([0, 1].map(at => [`seed=${at}.txt`, outputs[id(from, at)]]));
      };
      const words = [own, world.params[param], ...(seed === undefined ? [] : [String(seed)])];
      const seen = JSON.stringify([words, inputs.map(seenInput), env ? world.env : undefined]);
      outputs[id(i, seed)] = lossy ? String(seen.length % 2) : seen;
    }
  }
  return outputs;
}

/** The program: writes all that it was given, read through the very paths it was given. */
const player: Executor = {
  run: async ({ program, env }) => {
    if (program.type !== "command") throw new Error("a command is expected");
    const [, mode, ...words] = program.argv;
    const out = words.findIndex(w => w.endsWith("/o.txt") && w.includes("/outputs/"));
    const { readdirSync, statSync } = await import("node:fs");
    const read = (path: string): unknown =>
      statSync(path).isDirectory()
        ? Object.fromEntries(
            readdirSync(path)
              .sort()
              .map(name => [name, read(join(path, name))]),
          )
        : readFileSync(path, "utf8");
    const seen = JSON.stringify([words.slice(0, out), words.slice(out + 1).map(read), env["V"]]);
    writeFileSync(words[out] ?? "", mode === "lossy" ? String(seen.length % 2) : seen);
    return { ok: true, metrics: {}, curves: {} };
  },
};

async function results(world: World, project: string, root: string): Promise<Record<string, string>> {
  for (const [name, text] of Object.entries(world.files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  const env = { V: world.env };
  const { graph } = await loadPipeline({
    file: "p.yaml",
    cwd: project,
    text: yaml(world),
    kinds: NO_KINDS,
    env,
  });
  const store = new Store(root, systemClock);
  const host: Host = {
    ...{ store, env, kinds: NO_KINDS, clock: systemClock, executor: player, version: "test" },
    engine: () => Promise.reject(new Error("no engine")),
    capacity: { cpus: 2, gpus: [], memory: 1e9 },
  };
  const record = await run(host, graph, graph.nodes);
  expect(record.outcome).toBe("done");
  return Object.fromEntries(
    record.steps.map(({ id, key }) => {
      const ref = store.records.get(key ?? "")?.outputs["o"];
      return [id, ref === undefined ? "none" : readFileSync(store.objects.path(ref), "utf8")];
    }),
  );
}

describe("a cached result", () => {
  it("is never stale: 1,000 edits, each followed by a run whose every output is as the programs write it", async () => {
    const edits = fc.array(fc.tuple(fc.constantFrom(...Object.keys(EDITS)), fc.nat({ max: 1000 })), {
      minLength: 10,
      maxLength: 10,
    });
    const base = memoryFolder();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(world, edits, async (start, sequence) => {
        const folder = join(base, String(n++));
        mkdirSync(folder);
        const state = structuredClone(start);
        expect(await results(state, folder, join(folder, "store"))).toEqual(expected(state));
        for (const [name, at] of sequence) {
          EDITS[name]?.(state, at);
          expect(await results(state, folder, join(folder, "store"))).toEqual(expected(state));
        }
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 100 },
    );
  }, 300_000);
});
