import type { Engine } from "../types.js";
import { memoryOfMachine, totalBytes } from "../memory/peak.js";
import { eagerProgram } from "../eager.js";
import { closeBackend, loadCore, loadCpu } from "./load.js";

/**
 * Plain JavaScript: slow (under 1 GFLOP/s), loads everywhere, and is the reference that other backends are
 * checked against.
 */
export async function openCpu(): Promise<Engine> {
  const tf = loadCore();
  // Else TensorFlow.js greets the user of this backend with an advertisement on stderr.
  tf.enableProdMode();
  const { version_cpu } = loadCpu();
  if (!(await tf.setBackend("cpu"))) throw new Error("The cpu tensor backend did not start.");
  const version = `tfjs-backend-cpu ${version_cpu}`;
  return {
    tf,
    backend: "cpu",
    version,
    precision: "float32",
    threads: 1,
    device: "JavaScript",
    gpu: false,
    determinism: "bitwise",
    // Math.exp and its like are V8's.
    numericClass: `cpu ${version} float32 V8 ${process.versions.v8}`,
    memory: { limit: memoryOfMachine(), needs: totalBytes, silent: false },
    program: (step, state) => eagerProgram(tf, step, state),
    dispose: () => closeBackend(tf, "cpu"),
  };
}
