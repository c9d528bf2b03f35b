import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { Json, JsonObject } from "../../runner/core/json.js";
import { randomStream, type Draws } from "../../runner/core/numbers/philox.js";
import { UsageError } from "../../runner/core/diagnostic.js";
import type { RunRecord } from "../../runner/core/record.js";
import type { Host } from "../../runner/exec/host.js";
import { plan } from "../../runner/exec/plan.js";
import type { Executor } from "../../runner/exec/process/job.js";
import { run } from "../../runner/exec/run.js";
import { loadPipeline } from "../../runner/index.js";
import { withKnownLists } from "../../runner/workflow/known-lists.js";
import { allText } from "./programs.js";
import { pick } from "./pipelines/mutate.js";

/** A project as a person has it at a moment. */
interface State {
  /** What `split` lists, in order. */
  readonly shards: readonly string[];
  readonly seeds: number;
  /** The axis `s` of a sweep in one of its forms, and what is left out of it and added. */
  readonly sweep: Json;
  readonly exclude: boolean;
  readonly include: boolean;
  readonly when: string;
  readonly rounds: readonly number[];
  readonly start: string;
  readonly word: string;
  /** Names of outputs that are temporary. */
  readonly temporary: readonly string[];
  /** The step that fails, if any. */
  readonly broken: string;
  readonly files: Readonly<Record<string, string>>;
  readonly select: readonly string[];
}

const FIRST: State = {
  shards: ["a", "b"],
  ...{ seeds: 1, sweep: [1, 2], exclude: false, include: false, when: "true == true", rounds: [1, 2, 3] },
  ...{ start: "./data/a.csv", word: "x", temporary: ["state"], broken: "", select: [] },
  files: { "data/a.csv": "1\n", "data/deep/b.csv": "2\n" },
};

const STEPS = [
  "split",
  "work",
  "after",
  "gather",
  "sweep",
  "sum",
  "each",
  "all",
  "tables",
  "chain",
  "states",
  "end",
];
const FORMS: readonly Json[] = [
  [1, 2],
  [2, 1, 3],
  { from: 1, to: 3 },
  { from: 0.5, to: 2, step: 0.5 },
  { log: [1, 100], n: 3 },
];

type Edit = (state: State, draws: Draws) => State;

const EDITS: readonly Edit[] = [
  (state, draws) => ({ ...state, shards: ["a", "b", "c", "d"].filter(() => draws.below(2) === 0) }),
  state => ({ ...state, shards: [...state.shards].reverse() }),
  (state, draws) => ({ ...state, seeds: draws.below(3) }),
  (state, draws) => ({ ...state, sweep: pick(FORMS, draws) }),
  state => ({ ...state, exclude: !state.exclude }),
  state => ({ ...state, include: !state.include }),
  (state, draws) => ({ ...state, when: pick(["true == true", "matrix.s != 2", "matrix.s > 100"], draws) }),
  (state, draws) => ({ ...state, rounds: [1, 2, 3, 4].filter(() => draws.below(3) > 0) }),
  (state, draws) => ({ ...state, start: pick(["./data/a.csv", "tables", "split.names"], draws) }),
  (state, draws) => ({ ...state, word: pick(["x", "y"], draws) }),
  (state, draws) => ({
    ...state,
    temporary: ["state", "w", "a", "e", "t"].filter(() => draws.below(2) === 0),
  }),
  (state, draws) => ({ ...state, broken: pick(["", "", "", ...STEPS], draws) }),
  (state, draws) => ({ ...state, select: draws.below(2) === 0 ? [] : [pick(STEPS, draws)] }),
  (state, draws) => {
    const name = pick(["data/a.csv", "data/c.csv", "data/deep/b.csv", "data/n.txt"], draws);
    const { [name]: old, ...others } = state.files;
    const gone = old !== undefined && draws.below(2) === 0;
    return { ...state, files: gone ? others : { ...others, [name]: `${draws.below(3)}\n` } };
  },
];

/** The pipeline of a state. Its programs are words that `PROGRAMS` does. */
function pipelineOf(state: State): string {
  const { word, temporary, broken } = state;
  const out = (name: string): Json => (temporary.includes(name) ? { path: name, temporary: true } : name);
  const step = (name: string, run: readonly string[], output: string, more: JsonObject): JsonObject => ({
    run: [broken === name ? "fail" : (run[0] ?? ""), `\${{ outputs.${output} }}`, ...run.slice(1)],
    outputs: { [output]: out(output) },
    ...more,
  });
  const seeds = state.seeds === 0 ? {} : { seed: { from: 1, to: state.seeds } };
  const seed = state.seeds === 0 ? [] : ["${{ matrix.seed }}"];
  const gaps = {
    ...(state.exclude ? { exclude: [{ s: 2, k: "u" }] } : {}),
    ...(state.include ? { include: [{ s: 50, k: "u" }] } : {}),
  };
  return stringify({
    steps: {
      split: step("split", ["list", ...state.shards], "names", {}),
      work: step("work", ["say", word, "${{ matrix.shard }}", ...seed], "w", {
        matrix: { shard: { from: "split.names" }, ...seeds },
      }),
      after: step("after", ["join", "${{ inputs.w }}"], "a", { inputs: { w: "work.w" } }),
      gather: step("gather", ["join", "${{ inputs.a }}", "${{ inputs.w }}"], "g", {
        inputs: { a: "after.a", w: "work.w" },
        over: ["shard"],
      }),
      sweep: step("sweep", ["say", "${{ matrix.s }}", "${{ matrix.k }}"], "o", {
        matrix: { s: state.sweep, k: ["u", "v"], ...gaps },
        ...(state.when.startsWith("matrix") ? { when: state.when } : {}),
      }),
      sum: step("sum", ["join", "${{ inputs.o }}"], "o", { inputs: { o: "sweep" }, over: ["s"] }),
      each: step("each", ["join", "${{ inputs.f }}"], "e", {
        inputs: { f: "${{ matrix.f }}" },
        matrix: { f: { files: "./data/*.csv" } },
      }),
      all: step("all", ["join", "${{ inputs.e }}"], "o", { inputs: { e: "each.e" }, over: ["f"] }),
      tables: step("tables", ["join", "${{ inputs.t }}"], "t", { inputs: { t: "./data/**/*.csv" } }),
      chain: step("chain", ["join", "${{ inputs.previous }}"], "state", {
        ...{ scan: "round", start: state.start, inputs: { previous: "chain.state" } },
        matrix: { round: state.rounds },
      }),
      states: step("states", ["join", "${{ inputs.s }}"], "o", {
        inputs: { s: "chain.state" },
        over: ["round"],
      }),
      end: step("end", ["join", "${{ inputs.t }}", "${{ inputs.o }}"], "o", {
        inputs: { t: "tables.t", o: "all.o" },
      }),
    },
  });
}

/** Does the few words of the pipelines above in this process. */
const PROGRAMS: Executor = {
  run(job) {
    if (job.program.type !== "command") throw new Error("these tests run commands only");
    const [word = "", to = "", ...rest] = job.program.argv;
    mkdirSync(dirname(job.log), { recursive: true });
    writeFileSync(job.log, "");
    if (word === "fail") return Promise.resolve({ ok: false, error: "it is broken", cancelled: false });
    if (word === "list") writeFileSync(to, JSON.stringify(rest));
    else if (word === "say") writeFileSync(to, `${rest.join(" ")}\n`);
    else writeFileSync(to, `<${rest.map(allText).join("|")}>\n`);
    return Promise.resolve({ ok: true, metrics: { bytes: readFileSync(to).length }, curves: {} });
  },
};

export interface EditsFound {
  readonly sequences: number;
  readonly states: number;
  readonly refused: number;
  readonly failures: readonly string[];
}

/**
 * Random sequences of edits of one project: whatever was run before, the run of each state is what a run from nothing in
 * another store is, by outcomes, keys, outputs and metrics; nothing is left to do then; and of a run that is done, no
 * temporary output stays that another step took.
 */
export async function editPipelines(seed: number, sequences: number): Promise<EditsFound> {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vistas-edits-"));
  const stream = randomStream(seed, "edits");
  const failures: string[] = [];
  const counts = { states: 0, refused: 0 };
  try {
    for (let i = 0; i < sequences; i++) {
      const draws = stream.at(i);
      const project = join(folder, String(i));
      let state = FIRST;
      for (let left = 3 + draws.below(4); left > 0; left--) {
        const [old, fresh] = [
          await comesTo(project, "old", state),
          await comesTo(project, `new-${left}`, state),
        ];
        counts.states++;
        if (old.refused) counts.refused++;
        if (old.text !== fresh.text || old.fault !== "")
          failures.push(
            `sequence ${i}: ${old.fault || "differs"}: ${JSON.stringify(state)}\n${old.text}\n${fresh.text}`,
          );
        for (let more = 1 + draws.below(2); more > 0; more--) state = pick(EDITS, draws)(state, draws);
      }
      rmSync(project, { recursive: true, force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { sequences, ...counts, failures };
}

interface CameTo {
  readonly text: string;
  readonly refused: boolean;
  readonly fault: string;
}

async function comesTo(project: string, store: string, state: State): Promise<CameTo> {
  rmSync(join(project, "data"), { recursive: true, force: true });
  for (const [name, text] of Object.entries({
    "p.yaml": pipelineOf(state),
    "data/keep": "",
    ...state.files,
  })) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  const env = { PATH: "/none", XDG_CACHE_HOME: join(project, "cache") };
  const place = { cwd: project, root: join(project, store), steps: state.select, env };
  try {
    const { opened } = await loadPipeline("p.yaml", place);
    const host: Host = { ...opened.host, executor: PROGRAMS };
    const record = await run(host, opened.graph, opened.nodes, {
      ...{ jobs: 2, keepGoing: true, skipped: opened.skipped },
      expand: async lists => ({ ...(await opened.expand(lists)), forced: () => false }),
    });
    const known = await withKnownLists({ ...opened, host });
    const left = (await plan(host, known.graph, known.nodes)).filter(({ status }) => status !== "cached");
    const undone = record.outcome === "done" ? left.map(({ node, reason }) => `${node.id}: ${reason}`) : [];
    const text = textOf(record, host);
    return { text, refused: false, fault: undone.join("; ") };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { text: error.diagnostics.map(({ code }) => code).join(), refused: true, fault: "" };
  }
}

function textOf({ outcome, steps }: RunRecord, { store }: Host): string {
  const lines = steps.map(step => {
    const record = step.key === null ? undefined : store.records.of(step.key, step.result);
    const how = step.outcome === "cached" ? "ran" : step.outcome;
    const outputs = Object.entries(record?.outputs ?? {}).map(([name, { digest }]) => `${name} ${digest}`);
    return [step.id, how, step.key, ...outputs, JSON.stringify(record?.metrics ?? {})].join(" ");
  });
  return [outcome, ...lines.sort()].join("\n");
}
