import process from "node:process";
import { type Draws, randomStream } from "../../runner/step-api.js";
import { Playground } from "./playground.js";

export interface Collecting {
  readonly runs: number;
  readonly gcs: number;
  readonly kills: number;
  readonly failures: readonly string[];
}

/**
 * Runs and gcs of one store at once, in processes of their own, some of them killed: variants of one pipeline whose
 * steps come to the same bytes under other keys, so that runs rely on objects that a gc is about to remove. No run that
 * was left in peace may fail, no record may name what is not there, and in the end every variant must come to what a
 * naive model says and, after one more gc, still be there.
 */
export async function collectAmongRuns(options: {
  readonly seed?: number;
  readonly rounds?: number;
}): Promise<Collecting> {
  const { seed = 0, rounds = 1 } = options;
  const state: State = { runs: 0, gcs: 0, kills: 0, failures: [] };
  for (let round = 0; round < rounds; round++) {
    const ground = new Playground();
    const fail = (text: string): void => void state.failures.push(`round ${round}: ${text}`);
    try {
      await oneRound(ground, randomStream(seed, "collect").at(round), state, fail);
    } finally {
      ground.remove();
    }
  }
  return state;
}

interface State {
  runs: number;
  gcs: number;
  kills: number;
  readonly failures: string[];
}

const WORDS = ["a", "b", "c"];
const STEPS = 8;
const LIMITS = ["--keep-last=0", "--keep-last=1", "--keep-last=2", "--max-size=0", "--max-size=60kB"];

async function oneRound(
  ground: Playground,
  draws: Draws,
  state: State,
  fail: (text: string) => void,
): Promise<void> {
  ground.write("p.yaml", PIPELINE);
  const pick = (from: readonly string[]): string => from[draws.below(from.length)] ?? "";
  // Drawn before anything starts, so that a seed says what is done, if not when.
  const lanes = [2, 2, 0, 0].map(kind =>
    Array.from({ length: 4 }, () => ({
      call: kind === 2 ? runOf(pick(WORDS)) : ["gc", "p.yaml", pick(LIMITS)],
      killAfter: draws.below(3) === 0 ? 100 + 600 * draws.uniform() : Infinity,
    })),
  );
  await Promise.all(
    lanes.map(async lane => {
      for (const { call, killAfter } of lane) {
        if (call[0] === "run") state.runs++;
        else state.gcs++;
        const { killed, code, stderr } = await start(ground, call, killAfter);
        if (killed) state.kills++;
        else if (code !== 0) fail(`${call.join(" ")} exited ${code}: ${stderr}`);
      }
    }),
  );
  for (const text of ground.damage()) fail(text);
  for (const word of WORDS) {
    const { code, stderr } = await start(ground, runOf(word), Infinity);
    if (code !== 0) fail(`the last run of ${word} exited ${code}: ${stderr}`);
    compare(await ground.results(), word, fail);
  }
  const last = await start(ground, ["gc", "p.yaml", "--keep-last=1"], Infinity);
  if (last.code !== 0) fail(`the last gc exited ${last.code}: ${last.stderr}`);
  compare(await ground.results(), WORDS.at(-1) ?? "", fail);
  for (const text of ground.damage()) fail(text);
  for (const folder of ["locks", "work", "past"])
    if (ground.left(folder).flatMap(name => ground.left(`${folder}/${name}`)).length > 0)
      fail(`${folder} holds ${ground.left(folder).join(", ")}`);
  if (ground.left("runs").length !== 1) fail(`${ground.left("runs").length} runs are left`);
}

function runOf(word: string): string[] {
  return ["run", "p.yaml", "--set", `word=${word}`, "--reporter", "silent"];
}

async function start(ground: Playground, call: readonly string[], killAfter: number) {
  const child = ground.start(call);
  let killed = false;
  const timer =
    killAfter === Infinity
      ? undefined
      : setTimeout(() => {
          if (child.pid !== undefined) killed = process.kill(child.pid, "SIGKILL");
        }, killAfter);
  const { exitCode, stderr } = await child;
  clearTimeout(timer);
  return { killed, code: exitCode, stderr };
}

/** The word is in every key, but only in `w` in the bytes. */
const PIPELINE = `
params: { word: a }
steps:
  w: { run: "echo \${{ params.word }} > \${{ outputs.o }}", outputs: { o: o } }
${Array.from({ length: STEPS }, (_, i) =>
  i % 2 === 0
    ? `  s${i}: { run: ": \${{ params.word }}; echo s${i} > \${{ outputs.o }}", outputs: { o: o } }`
    : `  s${i}: { run: ": \${{ params.word }}; mkdir \${{ outputs.o }}; cat \${{ inputs.i }} > \${{ outputs.o }}/f", inputs: { i: s${i - 1} }, outputs: { o: o } }`,
).join("\n")}
  last:
    run: "cat \${{ inputs.w }} ${Array.from({ length: STEPS / 2 }, (_, i) => `\${{ inputs.t${2 * i + 1} }}/f`).join(" ")} > \${{ outputs.o }}"
    inputs: { w: w, ${Array.from({ length: STEPS / 2 }, (_, i) => `t${2 * i + 1}: s${2 * i + 1}`).join(", ")} }
    outputs: { o: o }
`;

function compare(
  results: Readonly<Record<string, string>>,
  word: string,
  fail: (text: string) => void,
): void {
  const texts = Array.from({ length: STEPS / 2 }, (_, i) => `s${2 * i}\n`);
  const expected: Record<string, string> = { "w.o": `${word}\n`, "last.o": `${word}\n${texts.join("")}` };
  for (const [i, text] of texts.entries()) {
    expected[`s${2 * i}.o`] = text;
    expected[`s${2 * i + 1}.o`] = `f:${text}`;
  }
  for (const [name, text] of Object.entries(expected))
    if (results[name] !== text) fail(`of ${word}, ${name} is ${JSON.stringify(results[name])}`);
}
