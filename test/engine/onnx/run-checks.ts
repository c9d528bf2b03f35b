/**
 * A program: opens the engine onnx, runs a group of checks, and prints one line of JSON behind a mark: name -> "ok", or
 * what went wrong. In a process of its own, because a native library cannot be loaded in a test's sandbox.
 * Usage: node run-checks.js GROUP
 */
import process from "node:process";
import { openEngine } from "../../../steps/engine/index.js";
import type { Check } from "./check.js";
import { foreign } from "./foreign.js";
import { operators } from "./operators.js";
import { programs } from "./programs.js";
import { shapes } from "./shapes.js";
import { table } from "./table.js";
import { trainings } from "./trainings.js";

export const MARK = "vistas-onnx:";
export const GROUPS: Readonly<Record<string, readonly Check[]>> = {
  table,
  shapes,
  programs,
  trainings,
  foreign,
  operators,
};

if (process.argv[1]?.endsWith("run-checks.js") === true) await main(process.argv[2] ?? "");

async function main(group: string): Promise<void> {
  const engine = await openEngine({ backend: "onnx", cpus: 1 });
  const outcomes: Record<string, string> = {};
  for (const { name, run } of GROUPS[group] ?? []) {
    try {
      await run(engine);
      outcomes[name] = "ok";
    } catch (error) {
      outcomes[name] = error instanceof Error ? error.message : String(error);
    }
  }
  process.stdout.write(`\n${MARK}${JSON.stringify(outcomes)}\n`, () => process.exit(0));
}
