/**
 * A program: holds a backend against the cpu one on every operation of the table, values and gradients (onnx: compiled), and prints
 * one line of JSON behind a mark: name -> largest relative error, or what was thrown. In a process of its own,
 * because a native library cannot be loaded in a test's sandbox. Usage: node agreement.js BACKEND
 */
import process from "node:process";
import { openEngine } from "../../steps/engine/index.js";
import { cases } from "./ops/index.js";
import { evaluate, evaluateCompiled, relativeError } from "./rig.js";

export const MARK = "vistas-agreement:";
export type Agreement = Readonly<Record<string, number | string>>;

if (process.argv[1]?.endsWith("agreement.js") === true) await main(process.argv[2] ?? "");

async function main(backend: string): Promise<void> {
  const cpu = await openEngine({ backend: "cpu", cpus: 1 });
  const engine = await openEngine({ backend, cpus: 2 });
  const errors: Record<string, number | string> = {};
  for (const { name, shapes, build, gradients } of cases) {
    try {
      const expected = await evaluate(cpu.tf, "cpu", shapes, build, gradients);
      const actual =
        backend === "onnx"
          ? await evaluateCompiled(engine, shapes, build, gradients)
          : await evaluate(engine.tf, backend, shapes, build, gradients);
      errors[name] = Math.max(...expected.map((numbers, i) => relativeError(actual[i] ?? [], numbers)));
    } catch (error) {
      errors[name] = error instanceof Error ? error.message : String(error);
    }
  }
  // Ended on purpose: a native backend's own threads may keep a process alive for ever.
  process.stdout.write(`\n${MARK}${JSON.stringify(errors)}\n`, () => process.exit(0));
}
