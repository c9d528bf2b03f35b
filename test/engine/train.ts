import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

/** What `train-digest.ts` tells. */
export interface Outcome {
  readonly digest: string;
  readonly threads: number;
  readonly losses: readonly number[];
  readonly counts: readonly number[];
  readonly handlers: number;
  readonly processorsKept: boolean;
  readonly workerGlobal: boolean;
}

/** A process that does not end by itself is a failure; one on a machine that is busy with other work is none. */
const LIMIT_MS = 120_000;

/** For tests and `beforeAll`s that train several times. */
export const TRAININGS_MS = 4 * LIMIT_MS;

/** Trains a small encoder in a process of its own. */
export async function train(backend: string, threads: string): Promise<Outcome> {
  const program = fileURLToPath(new URL("./train-digest.js", import.meta.url));
  const { stdout } = await execa(process.execPath, [program, backend, threads], { timeout: LIMIT_MS });
  return JSON.parse(stdout) as Outcome;
}
