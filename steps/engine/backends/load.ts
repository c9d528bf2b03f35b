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
