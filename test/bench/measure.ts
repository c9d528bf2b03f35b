import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

export const CLI = fileURLToPath(new URL("../../runner/cli.js", import.meta.url));

/** Whole-process wall times of one command, seconds. */
export interface Timing {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly runs: number;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Times programs in turn (A B C, A B C, ...), so that a noisy minute hits all alike. Fails if any of them does. */
export async function timeInTurns(programs: readonly Program[], runs: number): Promise<Timing[]> {
  const seconds = programs.map((): number[] => []);
  for (let round = 0; round < runs; round++) {
    for (const [i, { command, args, cwd }] of programs.entries()) {
      const start = performance.now();
      await execa(command, args, { cwd, stdout: "ignore", stderr: "pipe" });
      seconds[i]?.push((performance.now() - start) / 1000);
    }
  }
  return seconds.map(summary);
}

export function summary(values: readonly number[]): Timing {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
  return { min: at(0), median: at(0.5), max: at(1), runs: values.length };
}

/** The version of an installed program; nothing when it is not there. */
export async function versionOf(command: string): Promise<string | undefined> {
  const { stdout, failed } = await execa(command, ["--version"], { reject: false });
  return failed ? undefined : stdout.split("\n")[0];
}

/** One line of the benchmark's output. */
export function tell(bench: string, facts: Readonly<Record<string, unknown>>): void {
  const machine = `${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, node ${process.version}`;
  process.stdout.write(`${JSON.stringify({ bench, ...facts, machine })}\n`);
}

/** A temporary folder for the length of `use`. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "vistas-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
