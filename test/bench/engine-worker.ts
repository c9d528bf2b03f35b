/**
 * A program: holds a workload on an engine. It says how it runs, and then, for every line that it reads, works for so
 * many milliseconds and tells how long each step took. Usage: node engine-worker.js BACKEND WORKLOAD THREADS
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { openEngine } from "../../steps/engine/index.js";
import { WORKLOADS } from "./workloads.js";

const [backend = "", name = "", threads = "1"] = process.argv.slice(2);
const workload = WORKLOADS[name]?.();
if (workload === undefined) throw new Error(`There is no workload ${name}.`);
const engine = await openEngine({ backend, cpus: Number(threads) });
const program = engine.program(workload.step(engine.tf), workload.state);
let at = 0;

async function work(milliseconds: number): Promise<number[]> {
  const times: number[] = [];
  const begin = performance.now();
  while (times.length === 0 || performance.now() - begin < milliseconds) {
    const start = performance.now();
    await program.run(workload?.inputs(at++) ?? {});
    times.push(performance.now() - start);
  }
  return times;
}

const tell = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);
await work(0);
await work(0);
tell({ how: program.how, version: engine.version });
for await (const line of createInterface(process.stdin)) tell(await work(Number(line)));
process.exit(0);
