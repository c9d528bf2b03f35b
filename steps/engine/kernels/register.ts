import type { TensorFlow } from "../types.js";
import type { Repair } from "./scope.js";

const repaired = new WeakMap<TensorFlow, Set<string>>();

/** Registers repairs of a backend with this copy of TensorFlow.js, once. The backend's package must have been loaded. */
export function registerRepairs(tf: TensorFlow, backendName: string, repairs: readonly Repair[]): void {
  const done = repaired.get(tf) ?? new Set();
  if (done.has(backendName)) return;
  repaired.set(tf, done.add(backendName));
  const originals = new Map(tf.getKernelsForBackend(backendName).map(config => [config.kernelName, config]));
  for (const { kernel, make } of repairs) {
    const original = originals.get(kernel);
    const kernelFunc = make(tf, original);
    if (original !== undefined) tf.unregisterKernel(kernel, backendName);
    // A package's set-up binds its kernel to the backend whenever that starts: keep it.
    tf.registerKernel({ ...original, kernelName: kernel, backendName, kernelFunc });
  }
}
