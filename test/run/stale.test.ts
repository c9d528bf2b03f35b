/**
 * The cache against the truth: random pipelines, random edits, and after each edit every output is compared with
 * that of a run from nothing. Real YAML, loader, keys, scheduler and store; the programs alone are played by a
 * function, so that thousands of steps can run.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { systemClock } from "../../runner/core/clock.js";
import type { Executor } from "../../runner/exec/job.js";
import type { Host } from "../../runner/exec/host.js";
import { run } from "../../runner/exec/run.js";
import { loadPipeline } from "../../runner/graph/load.js";
import type { Kinds } from "../../runner/spec/kinds.js";
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

function yaml({ steps, params }: World): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const axes: boolean[] = [];
  const blocks = steps.map((s, i) => {
    const froms = s.inputs.flatMap(({ from }) => (typeof from === "number" ? [from] : []));
    const inherited = froms.some(from => axes[from] === true);
    const gather = s.gather && inherited;
    // Axes of one name must agree: whoever has a seed has the same ones.
    const own = !inherited && s.seeds > 0;
    axes[i] = own || (inherited && !gather);
    const words = [
      "program",
      s.lossy ? "lossy" : "exact",
      s.word,
      `\${{ params.${s.param} }}`,
      ...(axes[i] ? ["${{ matrix.seed }}"] : []),
      "${{ outputs.o }}",
    ];
    return [
      `  s${i}:`,
      `    run: ${text([...words, ...s.inputs.map(({ role }) => `\${{ inputs.${role} }}`)])}`,
      `    inputs: ${text(Object.fromEntries(s.inputs.map(({ role, from }) => [role, typeof from === "number" ? `s${from}` : from])))}`,
      "    outputs: { o: o.txt }",
      ...(s.env ? ["    env: [V]"] : []),
      ...(own ? ["    matrix: { seed: [0, 1] }"] : []),
      ...(gather ? ["    over: [seed]"] : []),
    ].join("\n");
  });
  return `params: ${text(params)}\nsteps:\n${blocks.join("\n")}\n`;
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
  it("is never stale: 1,000 sequences of edits, each compared with a run from nothing", async () => {
    const edits = fc.array(fc.tuple(fc.constantFrom(...Object.keys(EDITS)), fc.nat({ max: 1000 })), {
      minLength: 1,
      maxLength: 4,
    });
    const base = memoryFolder();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(world, edits, async (start, sequence) => {
        const folder = join(base, String(n++));
        mkdirSync(folder);
        const state = structuredClone(start);
        await results(state, folder, join(folder, "store"));
        for (const [name, at] of sequence) EDITS[name]?.(state, at);
        const cached = await results(state, folder, join(folder, "store"));
        const fresh = await results(state, folder, join(folder, "fresh"));
        expect(cached).toEqual(fresh);
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 1000 },
    );
  }, 300_000);
});
