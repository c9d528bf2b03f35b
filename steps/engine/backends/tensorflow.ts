import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import util from "node:util";
import type { Engine, EngineOptions, TensorFlow } from "../types.js";
import { gpu } from "../gpu.js";
import { memoryOfMachine, totalBytes } from "../memory/peak.js";
import { engineFolder } from "../places.js";
import { eagerProgram } from "../eager.js";
import { repairTensorflow } from "../tensorflow/index.js";
import { closeBackend } from "./load.js";

/** What is used of a package that may not be installed, and so cannot be imported statically. */
interface NodePackage extends TensorFlow {
  readonly version: Readonly<Record<string, string>>;
}
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** libtensorflow: on a GPU when tfjs-node-gpu loads and finds one, else on the processor. */
export async function openTensorflow({ cpus }: EngineOptions): Promise<Engine> {
  // libtensorflow reads these once, when it is loaded.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(cpus);
  process.env.TF_NUM_INTEROP_THREADS ??= "1";
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  const { name, tf } = loadPackage();
  tf.enableProdMode();
  if (!(await tf.setBackend("tensorflow"))) throw new Error("The tensorflow backend did not start.");
  repairTensorflow(tf);
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as NodeBackend;
  const version = `${name} ${tf.version["tfjs-node"] ?? tf.version_core}, libtensorflow ${binding.TF_Version}`;
  // On a processor, libtensorflow picks its kernels by the model's instructions.
  const card = isUsingGpuDevice ? await gpu() : undefined;
  const hardware = card?.name ?? os.cpus()[0]?.model ?? process.arch;
  return {
    tf,
    backend: "tensorflow",
    version,
    precision: "float32",
    threads: cpus,
    device: isUsingGpuDevice ? hardware : `libtensorflow, ${cpus} thread${cpus === 1 ? "" : "s"}`,
    gpu: isUsingGpuDevice,
    // Sums are split among the threads, one by one; on a GPU, kernels may add in any order.
    determinism: isUsingGpuDevice ? "none" : "same-threads",
    numericClass: `tensorflow ${version} float32 ${hardware}`,
    memory: {
      limit: card === undefined ? memoryOfMachine() : card.memory,
      needs: totalBytes,
      silent: card === undefined,
    },
    program: (step, state) => eagerProgram(tf, step, state),
    dispose: () => closeBackend(tf, "tensorflow"),
  };
}

/** Loads the first package that loads. Throws an Error that says why none did. */
function loadPackage(): { name: string; tf: NodePackage } {
  // Removed in Node 23, and still called by tfjs-node 4.22.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= value => value === null || value === undefined;
  const require = createRequire(import.meta.url);
  const installed = join(engineFolder("tensorflow"), "package.json");
  // In the order of preference. The names are written out, so that the code of a kind can be known from its text.
  const places: readonly (readonly [string, () => NodePackage])[] = [
    ["tfjs-node-gpu", () => require("@tensorflow/tfjs-node-gpu") as NodePackage],
    ["tfjs-node", () => require("@tensorflow/tfjs-node") as NodePackage],
    ["tfjs-node", () => createRequire(installed)("@tensorflow/tfjs-node") as NodePackage],
  ];
  const failures: string[] = [];
  for (const [name, load] of places) {
    try {
      return { name, tf: load() };
    } catch (error) {
      failures.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new Error(`native TensorFlow does not load (${failures.join("; ")})`);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n", 1)[0] ?? "";
}
