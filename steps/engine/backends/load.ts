/**
 * The packages of the backends that every machine has. By `require`: they are megabytes of CommonJS, which an `import`
 * would read once more, to learn the names that they export; that takes as long again as all else at a step's start.
 */
import { createRequire } from "node:module";
import type { TensorFlow } from "../types.js";

const require = createRequire(import.meta.url);

export function loadCore(): TensorFlow {
  return require("@tensorflow/tfjs-core") as TensorFlow;
}

export function loadCpu(): typeof import("@tensorflow/tfjs-backend-cpu") {
  return require("@tensorflow/tfjs-backend-cpu") as typeof import("@tensorflow/tfjs-backend-cpu");
}

export function loadWasm(): typeof import("@tensorflow/tfjs-backend-wasm") {
  return require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
}

export function loadOnnxruntime(): typeof import("onnxruntime-node") {
  return require("onnxruntime-node") as typeof import("onnxruntime-node");
}

/** Frees a backend and its tensors; it can be opened again. */
export function closeBackend(tf: TensorFlow, name: string): void {
  // TensorFlow.js forgets how to make a backend that is removed.
  const factory = tf.findBackendFactory(name) as Parameters<TensorFlow["registerBackend"]>[1] | null;
  tf.removeBackend(name);
  if (factory !== null) tf.registerBackend(name, factory);
}

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;
type Listener = (...args: unknown[]) => void;

/**
 * Takes note of the process's handlers of fatal errors; the result puts them back. The wasm package adds handlers
 * that throw when it starts, and removes everybody's when it is disposed of.
 */
export function noteHandlers(): () => void {
  const listeners = (event: string): Listener[] => process.rawListeners(event) as Listener[];
  const noted = EVENTS.map(event => [event, listeners(event)] as const);
  return () => {
    for (const [event, before] of noted) {
      const now = listeners(event);
      for (const added of now.filter(listener => !before.includes(listener))) process.off(event, added);
      for (const lost of before.filter(listener => !now.includes(listener))) process.on(event, lost);
    }
  };
}
