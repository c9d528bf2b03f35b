/**
 * A program: runs a workload once on an engine, on its first rows alone, and prints its output's numbers (float32, base64).
 * Usage: node agree-worker.js BACKEND WORKLOAD ROWS
 */
import process from "node:process";
import { openEngine, type ProgramArrays } from "../../steps/engine/index.js";
import { WORKLOADS } from "./workloads.js";

const [backend = "", name = "", rows = "1"] = process.argv.slice(2);
const workload = WORKLOADS[name]?.();
if (workload === undefined) throw new Error(`There is no workload ${name}.`);
const engine = await openEngine({ backend, cpus: 2 });
const program = engine.program(workload.step(engine.tf), workload.state);
const { y } = await program.run(firstRows(workload.inputs(0), Number(rows)));
if (program.how.startsWith("eager:")) throw new Error(program.how);
const data = y?.data ?? new Float32Array();
const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
process.stdout.write(`\n${text}\n`, () => process.exit(0));

function firstRows(inputs: ProgramArrays, count: number): ProgramArrays {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => {
      const width = data.length / (shape[0] ?? 1);
      return [name, { shape: [count, ...shape.slice(1)], data: data.slice(0, count * width) }];
    }),
  );
}
