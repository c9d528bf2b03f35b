import process from "node:process";
import { type Draws, randomStream } from "../../runner/step-api.js";
import { KIND, mixedPipeline } from "./mixed.js";
import { Playground } from "./playground.js";

export interface Kills {
  readonly kills: number;
  readonly byTarget: Readonly<Record<string, number>>;
  /** Processes of killed runs that were still there five seconds later. */
  readonly orphans: number;
  readonly failures: readonly string[];
}

/** What is killed: vistas alone, its whole process group, or one process of a step; or vistas in another verb. */
const TARGETS = ["runner", "runner", "group", "step", "report", "checkout"] as const;
type Target = (typeof TARGETS)[number];

/**
 * Kills vistas at `kills` random instants, each drawn over the time that an undisturbed call takes, and runs it on.
 * After every kill all that is in the store must be whole, and no process of the killed may be left; once it has run
 * to its end its results must be those of a run that was left in peace. `lanes` projects at a time.
 */
export async function killRuns(
  options: { seed?: number; kills?: number; lanes?: number } = {},
): Promise<Kills> {
  const { seed = 0, kills = 200, lanes = 2 } = options;
  const calm = new Playground();
  const state: State = { left: kills, byTarget: {}, orphans: 0, failures: [] };
  try {
    const truth = await undisturbed(calm);
    const work = async (lane: number): Promise<void> => {
      const draws = randomStream(seed, "kills").at(lane);
      while (state.left > 0) await oneProject(draws, truth, state);
    };
    await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
  } finally {
    calm.remove();
  }
  const { byTarget, orphans, failures } = state;
  return { kills: Object.values(byTarget).reduce((sum, n) => sum + n, 0), byTarget, orphans, failures };
}

interface State {
  left: number;
  readonly byTarget: Record<string, number>;
  orphans: number;
  readonly failures: string[];
}

interface Truth {
  readonly results: Readonly<Record<string, string>>;
  /** Milliseconds that each call takes when left in peace. */
  readonly ms: Readonly<Record<"run" | "report" | "checkout", number>>;
}

const CALLS = {
  run: ["run", "p.yaml", "--reporter", "silent"],
  report: ["report", "p.yaml"],
  checkout: ["checkout", "p.yaml", "tree.o", "out", "--force"],
} as const;

async function undisturbed(ground: Playground): Promise<Truth> {
  layOut(ground);
  const timed = async (call: readonly string[]): Promise<number> => {
    const begun = performance.now();
    const { exitCode, stderr } = await ground.start(call);
    if (exitCode !== 0) throw new Error(`an undisturbed ${call[0] ?? ""} exited ${exitCode}: ${stderr}`);
    return performance.now() - begun;
  };
  const run = await timed(CALLS.run);
  return {
    results: await ground.results(),
    ms: { run, report: await timed(CALLS.report), checkout: await timed(CALLS.checkout) },
  };
}

function layOut(ground: Playground): void {
  ground.write("p.yaml", mixedPipeline(ground.folder));
  ground.write("kinds/parts.js", KIND);
  ground.write("data.txt", "data\n");
}

/** A few kills of one project's run, and then a run that is left in peace. */
async function oneProject(draws: Draws, truth: Truth, state: State): Promise<void> {
  const ground = new Playground();
  const story: string[] = [];
  const fail = (text: string): void => void state.failures.push(`${story.join(", ")}: ${text}`);
  try {
    layOut(ground);
    for (let turns = 1 + draws.below(4); turns > 0 && state.left > 0; turns--) {
      const target = TARGETS[draws.below(4)] ?? "runner";
      await killOnce(ground, target, truth.ms.run * draws.uniform(), state, story);
      for (const text of ground.damage()) fail(text);
    }
    const last = await ground.start(CALLS.run);
    if (last.exitCode !== 0) fail(`the run after it exited ${last.exitCode}: ${last.stderr}`);
    // A step whose process was killed has failed, as it would have for any other reason: then it is run once more.
    const results = await ground.results();
    for (const [name, text] of Object.entries(truth.results))
      if (results[name] !== text) fail(`${name} is ${JSON.stringify(results[name])}`);
    for (const target of ["report", "checkout"] as const) {
      if (draws.below(2) === 0 || state.left <= 0) continue;
      await killOnce(ground, target, truth.ms[target] * draws.uniform(), state, story);
      for (const text of ground.damage()) fail(text);
      const again = await ground.start(CALLS[target]);
      if (again.exitCode !== 0) fail(`${target} after it exited ${again.exitCode}: ${again.stderr}`);
    }
  } finally {
    ground.remove();
  }
}

async function killOnce(
  ground: Playground,
  target: Target,
  delay: number,
  state: State,
  story: string[],
): Promise<void> {
  const call = target === "report" || target === "checkout" ? CALLS[target] : CALLS.run;
  const child = ground.start(call);
  const ended = child.then(() => true);
  const early = await Promise.race([ended, after(delay)]);
  const { pid } = child;
  if (early || pid === undefined) return;
  const victim = target === "step" ? await stepOf(ground, ended) : target === "group" ? -pid : pid;
  if (victim === undefined || !kill(victim)) {
    await child;
    return;
  }
  state.left--;
  state.byTarget[target] = (state.byTarget[target] ?? 0) + 1;
  story.push(`${target} killed at ${Math.round(delay)} ms`);
  const { exitCode, stderr } = await child;
  if (target === "step" && exitCode !== 1 && exitCode !== 0)
    state.failures.push(`${story.join(", ")}: exited ${exitCode}: ${stderr}`);
  const deadline = performance.now() + ORPHAN_MS;
  while (ground.processes().length > 0 && performance.now() < deadline) await after(10);
  const left = ground.processes();
  state.orphans += left.length;
  for (const { command } of left)
    state.failures.push(`${story.join(", ")}: still there: ${command.replaceAll("\0", " ")}`);
}

/** The process of a step, the next one if none is there now; nothing where the run ends before. */
async function stepOf(ground: Playground, ended: Promise<boolean>): Promise<number | undefined> {
  for (;;) {
    const step = ground.processes().find(({ command }) => /worker\.js|\/bin\/sh\0-e/.test(command));
    if (step !== undefined) return step.pid;
    if (await Promise.race([ended, after(10).then(() => false)])) return undefined;
  }
}

const ORPHAN_MS = 5000;

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false; // It has just ended by itself.
  }
}

function after(ms: number): Promise<false> {
  return new Promise(resolve => setTimeout(() => resolve(false), ms));
}
