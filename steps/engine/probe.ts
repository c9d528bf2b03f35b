/**
 * A program of its own: opens one backend, checks it, and prints one line of JSON behind a mark. It runs in a child
 * process because a native backend may end its process, and because the parent must stay light.
 * Usage: node probe.js BACKEND THREADS [speed]
 */
import process from "node:process";
import { openEngine, type TensorFlow } from "./index.js";
import { PROBE_MARK, type ProbeResult } from "./try-backend.js";
import { selfCheck } from "./self-check.js";

const [backend = "", threads = "1", speed] = process.argv.slice(2);
const result = await probe();
// Ended on purpose: a native backend's own threads may keep a process alive for ever.
process.stdout.write(`\n${PROBE_MARK}${JSON.stringify(result)}\n`, () => process.exit(0));

async function probe(): Promise<ProbeResult> {
  try {
    const engine = await openEngine({ backend, cpus: Number(threads) });
    await selfCheck(engine.tf);
    const { version, device, numericClass, gpu, determinism } = engine;
    const gflops = speed === undefined ? undefined : await matMulSpeed(engine.tf);
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
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** GFLOP/s of a matrix product, n x n, from a fifth of a second of work; reading the result waits for the device. */
async function matMulSpeed(tf: TensorFlow): Promise<number> {
  const n = 512;
  const [a, b] = [tf.ones([n, n]), tf.ones([n, n])];
  const multiply = async (): Promise<void> => {
    const product = tf.matMul(a, b);
    await product.data();
    product.dispose();
  };
  // The first call compiles or packs.
  await multiply();
  const start = process.hrtime.bigint();
  let times = 0;
  let seconds = 0;
  while (seconds < 0.2) {
    await multiply();
    times++;
    seconds = Number(process.hrtime.bigint() - start) / 1e9;
  }
  tf.dispose([a, b]);
  return (2 * n ** 3 * times) / seconds / 1e9;
}
