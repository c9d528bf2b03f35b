import type { TensorFlow } from "../types.js";

/** Frees a backend and its tensors; it can be opened again. */
export function closeBackend(tf: TensorFlow, name: string): void {
  // TensorFlow.js forgets how to make a backend that is removed.
  const factory = tf.findBackendFactory(name) as Parameters<TensorFlow["registerBackend"]>[1] | null;
  tf.removeBackend(name);
  if (factory !== null) tf.registerBackend(name, factory);
}
