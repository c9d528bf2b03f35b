/**
 * A program of its own: opens one backend, checks it, and prints one line of JSON behind a mark. It runs in a child
 * process because a native backend may end its process, and because the parent must stay light.
 * Usage: node probe.js BACKEND THREADS [speed]
 */
import process from "node:process";
import { type Engine, openEngine, type Tensor } from "./index.js";
import { PROBE_MARK, type ProbeResult } from "./try-backend.js";
import { selfCheck } from "./self-check.js";

const [backend = "", threads = "1", speed] = process.argv.slice(2);
const result = await probe();
// Ended on purpose: a native backend's own threads may keep a process alive for ever.
process.stdout.write(`\n${PROBE_MARK}${JSON.stringify(result)}\n`, () => process.exit(0));

async function probe(): Promise<ProbeResult> {
  try {
    const engine = await openEngine({ backend, cpus: Number(threads) });
    await selfCheck(engine);
    const { version, device, numericClass, gpu, determinism } = engine;
    const gflops = speed === undefined ? undefined : await matMulSpeed(engine);
    engine.dispose();
    return {
      ok: true,
      version,
      device,
      numericClass,
      gpu,
      determinism,
      ...(gflops === undefined ? {} : { gflops }),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, why: text.trim().split("\n", 1)[0] ?? "" };
  }
}

/** GFLOP/s of a matrix product, n x n, from a fifth of a second of work; reading a number of it waits for the device. */
async function matMulSpeed(engine: Engine): Promise<number> {
  const { tf } = engine;
  const n = 512;
  // Every entry 1 / n: its own square, so it can be multiplied for ever.
  const matrix = { shape: [n, n], data: new Float32Array(n * n).fill(1 / n) };
  const multiply = engine.program(
    state => {
      const product = tf.matMul(state["matrix"] as Tensor, state["matrix"] as Tensor);
      return { state: { matrix: product }, outputs: { corner: tf.slice(product, [0, 0], [1, 1]) } };
    },
    { matrix },
  );
  // The first call compiles or packs.
  await multiply.run({});
  const start = process.hrtime.bigint();
  let times = 0;
  let seconds = 0;
  while (seconds < 0.2) {
    await multiply.run({});
    times++;
    seconds = Number(process.hrtime.bigint() - start) / 1e9;
  }
  multiply.dispose();
  return (2 * n ** 3 * times) / seconds / 1e9;
}
