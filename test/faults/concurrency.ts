import process from "node:process";
import { type Draws, randomStream } from "../../runner/step-api.js";
import { Playground } from "./playground.js";

export interface Shared {
  readonly cases: number;
  readonly kills: number;
  readonly failures: readonly string[];
}

/**
 * Many processes on one store at once: the same pipeline and parts of it, some of them killed in the middle of a step.
 * Every step must be made once but for those that a killed one was making, no survivor may fail, results must be those
 * that a naive model gives, and nothing of the dead may be left.
 */
export async function shareWork(options: {
  readonly seed?: number;
  readonly rounds?: number;
  readonly processes?: number;
  readonly steps?: number;
}): Promise<Shared> {
  const { seed = 0, rounds = 1, processes = 8, steps = 50 } = options;
  const failures: string[] = [];
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    const draws = randomStream(seed, "concurrency").at(round);
    const ground = new Playground();
    try {
      const { failures: wrong, killed } = await oneRound(ground, draws, processes, steps);
      failures.push(...wrong.map(text => `round ${round}: ${text}`));
      kills += killed;
    } finally {
      ground.remove();
    }
  }
  return { cases: rounds * processes, kills, failures };
}

async function oneRound(
  ground: Playground,
  draws: Draws,
  processes: number,
  steps: number,
): Promise<{ failures: string[]; killed: number }> {
  const needs = Array.from({ length: steps }, (_, i) => [
    ...new Set(i === 0 ? [] : Array.from({ length: draws.below(3) }, () => draws.below(i))),
  ]);
  ground.write("p.yaml", pipeline(needs, ground.folder));
  const failures: string[] = [];
  const calls = Array.from({ length: processes }, (_, i) => {
    // The first does all and is not killed; of the others some are, some do less.
    const targets = i > 0 && draws.below(2) === 0 ? [`s${draws.below(steps)}`, `s${draws.below(steps)}`] : [];
    const killAt =
      i > 0 && draws.below(2) === 0 ? 1 + draws.below(Math.max(1, Math.floor(steps / 8))) : Infinity;
    return runAndKill(ground, targets, killAt);
  });
  const dead = new Set<string>();
  for (const { code, run, killed, stderr } of await Promise.all(calls)) {
    if (killed) dead.add(run);
    else if (code !== 0) failures.push(`a run exited ${code}: ${stderr}`);
  }
  failures.push(...ground.damage());

  const runsOf = new Map<string, string[]>();
  for (const line of ground.executed()) {
    const [id = "", tag = ""] = line.split(" ");
    runsOf.set(id, [...(runsOf.get(id) ?? []), tag.split("/")[0] ?? ""]);
  }
  for (let i = 0; i < steps; i++) {
    const living = (runsOf.get(`s${i}`) ?? []).filter(run => !dead.has(run)).length;
    const all = runsOf.get(`s${i}`)?.length ?? 0;
    if (living > 1 || all === 0 || (all === living && living !== 1))
      failures.push(`s${i} was made ${all} times, ${living} of them by runs that lived`);
  }

  // Forcing one step makes the run clean up after the dead.
  const last = await ground.start(["run", "p.yaml", "--force", "s0", "--reporter", "ndjson"]);
  const ran = last.stdout.match(/"outcome":"ran"/g)?.length ?? 0;
  if (last.exitCode !== 0 || ran !== 1)
    failures.push(`the last run exited ${last.exitCode}, ${ran} steps ran`);
  const results = await ground.results();
  for (const [i, text] of expected(needs).entries())
    if (results[`s${i}.o`] !== text) failures.push(`s${i} is ${JSON.stringify(results[`s${i}.o`])}`);
  for (const folder of ["locks", "work"])
    if (ground.left(folder).length > 0) failures.push(`${folder} holds ${ground.left(folder).join(", ")}`);
  return { failures, killed: dead.size };
}

/** Kills a run when it has begun its `killAt`-th step. */
async function runAndKill(ground: Playground, targets: readonly string[], killAt: number) {
  const child = ground.start(["run", "p.yaml", ...targets, "--reporter", "ndjson"]);
  let text = "";
  let killed = false;
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
    if (killed || (text.match(/"type":"step-start"/g)?.length ?? 0) < killAt || child.pid === undefined)
      return;
    killed = true;
    process.kill(child.pid, "SIGKILL");
  });
  const { exitCode, stderr } = await child;
  const run = /"run":"([^"]*)"/.exec(text)?.[1] ?? "";
  return { code: exitCode, run, killed, stderr };
}

/** Each step writes what its inputs hold, and its own name; and to a common file that it was made, and in which run. */
function pipeline(needs: readonly (readonly number[])[], folder: string): string {
  const lines = needs.map((from, i) => {
    const inputs = from.map(n => `n${n}: s${n}`).join(", ");
    const files = from.map(n => `\${{ inputs.n${n} }}`).join(" ");
    const command = `echo s${i} $VISTAS_JOB >> ${folder}/executed; cat /dev/null ${files} > \${{ outputs.o }}; echo s${i} >> \${{ outputs.o }}`;
    return `  s${i}: { run: "${command}", inputs: { ${inputs} }, outputs: { o: o } }`;
  });
  return `steps:\n${lines.join("\n")}\n`;
}

function expected(needs: readonly (readonly number[])[]): string[] {
  const texts: string[] = [];
  for (const [i, from] of needs.entries()) texts.push(`${from.map(n => texts[n] ?? "").join("")}s${i}\n`);
  return texts;
}
