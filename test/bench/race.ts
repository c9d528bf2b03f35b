import { loadavg } from "node:os";
import process from "node:process";
import { summary, tell } from "./measure.js";
import { compete, type Contestant } from "./turns.js";
import { IMAGES } from "./workloads.js";

/** Turns that each has. */
export const ROUNDS = 7;
const TURN_MS = 1200;

/** Whom the others are measured by. */
export const PEER = "pytorch";

/**
 * Contestants, each in a process of its own, on one workload, in turns of about a second, so that a noisy minute hits all
 * alike. One line each in the end: images a second, and how many times those of PyTorch. How it goes is told on stderr.
 */
export async function race(
  bench: string,
  workload: string,
  contestants: readonly Contestant[],
): Promise<void> {
  const runners = [];
  for (const contestant of contestants)
    runners.push({ competitor: await compete(contestant), speeds: [] as number[] });
  for (let round = 1; round <= ROUNDS; round++) {
    const words: string[] = [];
    for (const { competitor, speeds } of runners) {
      const times = await competitor.work(TURN_MS);
      speeds.push(...times.map(milliseconds => (1000 * IMAGES) / milliseconds));
      words.push(`${competitor.tool} ${Math.round(summary(speeds).median)}`);
    }
    process.stderr.write(`${workload}, round ${round} of ${ROUNDS}, images/s: ${words.join(", ")}\n`);
  }
  const load = loadavg().map(rounded);
  const medians = new Map(
    runners.map(({ competitor, speeds }) => [competitor.tool, summary(speeds).median] as const),
  );
  const peer = medians.get(PEER);
  for (const { competitor, speeds } of runners) {
    const { tool, facts } = competitor;
    const last = await competitor.end();
    const imagesPerSecond = summary(speeds);
    const ratio = peer === undefined ? {} : { toPytorch: rounded(imagesPerSecond.median / peer) };
    tell(bench, { workload, tool, ...facts, imagesPerSecond, ...ratio, ...last, load });
  }
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
