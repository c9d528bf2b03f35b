import { createRequire } from "node:module";
import os from "node:os";
import util from "node:util";
import type { Engine, EngineOptions, TensorFlow } from "../types.js";
import { gpuName } from "../gpu.js";
import { eagerProgram } from "../program.js";
import { closeBackend } from "./close.js";

/** The packages of native TensorFlow, in the order of preference; both optional. */
export const TENSORFLOW_PACKAGES = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

/** What is used of a package that may not be installed, and so cannot be imported statically. */
interface NodePackage extends TensorFlow {
  readonly version: Readonly<Record<string, string>>;
}
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
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
  const { isUsingGpuDevice } = tf.backend() as unknown as NodeBackend;
  const version = `${name.replace("@tensorflow/", "")} ${tf.version["tfjs-node"] ?? tf.version_core}`;
  // On a processor, libtensorflow picks its kernels by the model's instructions.
  const hardware = isUsingGpuDevice ? await gpuName() : (os.cpus()[0]?.model ?? process.arch);
  return {
    tf,
    backend: "tensorflow",
    version,
    precision: "float32",
    threads: cpus,
    device: isUsingGpuDevice ? hardware : `libtensorflow, ${cpus} thread${cpus === 1 ? "" : "s"}`,
    numericClass: `tensorflow ${version} float32 ${hardware}`,
    program: (step, state) => eagerProgram(tf, step, state),
    dispose: () => closeBackend(tf, "tensorflow"),
  };
}

/** Loads the first package that loads. Throws an Error that tells why none did. */
function loadPackage(): { name: string; tf: NodePackage } {
  // Removed in Node 23, and still called by tfjs-node 4.22.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= value => value === null || value === undefined;
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  // The names are written out, so that the code of a kind can be told from its text.
  const load = {
    "@tensorflow/tfjs-node-gpu": (): unknown => require("@tensorflow/tfjs-node-gpu"),
    "@tensorflow/tfjs-node": (): unknown => require("@tensorflow/tfjs-node"),
  };
  for (const name of TENSORFLOW_PACKAGES) {
    try {
      return { name, tf: load[name]() as NodePackage };
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
