/**
 * Work that is done many times: an update of a training, a batch of samples, a batch of features. It is written once,
 * as a pure function of tensors, and each backend runs it in its own way.
 */
import type { Tensor, TensorFlow } from "./types.js";

/** Numbers on their way to or from an engine, row-major. An Int32Array makes an int32 tensor. */
export interface ProgramArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
export type ProgramArrays = Readonly<Record<string, ProgramArray>>;
export type ProgramTensors = Readonly<Record<string, Tensor>>;

/**
 * What is done each time, in TensorFlow.js operations on `state` and `inputs` alone. It must be pure: it may be run once
 * for many steps, so whatever differs from step to step (a rate, a random number) has to come in through `inputs`, and
 * it may not read a tensor's numbers. It returns the entries of the state that change; the others are constants.
 */
export type StepFunction = (
  state: ProgramTensors,
  inputs: ProgramTensors,
) => { readonly state?: ProgramTensors; readonly outputs: ProgramTensors };

/** A step function together with its state on the device. Steps run one after another, in the order of the calls. */
export interface Program {
  /** How it runs, in words, for a step's log: `compiled (214 operations)`, or `eager: ` and why. */
  readonly how: string;
  /**
   * Runs one step. Resolves with the outputs, or, with `read: false`, with nothing as soon as the next step can be
   * given. Throws what the engine throws; the state is then lost.
   */
  run(inputs: ProgramArrays, options?: { readonly read?: boolean }): Promise<ProgramArrays>;
  /** Copies of the state's numbers after the steps so far. */
  state(): Promise<ProgramArrays>;
  dispose(): void;
}

/** Runs the function operation by operation, each time anew. */
export function eagerProgram(
  tf: TensorFlow,
  step: StepFunction,
  initial: ProgramArrays,
  how = "eager",
): Program {
  const state = new Map(Object.entries(initial).map(([name, array]) => [name, tf.keep(tensorOf(tf, array))]));
  return {
    how,
    async run(inputs, { read = true } = {}) {
      const outputs = tf.tidy(() => {
        const given = Object.entries(inputs).map(([name, array]) => [name, tensorOf(tf, array)] as const);
        const result = step(Object.fromEntries(state), Object.fromEntries(given));
        for (const [name, tensor] of Object.entries(result.state ?? {})) replace(name, tensor);
        return read ? { ...result.outputs } : {};
      });
      const arrays = await arraysOf(outputs);
      // An output may be the state's own tensor.
      const kept = new Set(state.values());
      for (const tensor of Object.values(outputs)) if (!kept.has(tensor)) tensor.dispose();
      return arrays;
    },
    state: () => arraysOf(Object.fromEntries(state)),
    dispose() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
    },
  };

  function replace(name: string, tensor: Tensor): void {
    const old = state.get(name);
    if (old === undefined)
      throw new Error(`The step function returned a state ${name} that it was not given.`);
    if (old === tensor) return;
    if (old.shape.join() !== tensor.shape.join() || old.dtype !== tensor.dtype)
      throw new Error(`The state ${name} changed from ${describe(old)} to ${describe(tensor)}.`);
    state.set(name, tf.keep(tensor));
    old.dispose();
  }
}

function tensorOf(tf: TensorFlow, { shape, data }: ProgramArray): Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32");
}

async function arraysOf(tensors: ProgramTensors): Promise<ProgramArrays> {
  const read = Object.entries(tensors).map(async ([name, tensor]) => {
    const data = await tensor.data<"float32" | "int32">();
    return [name, { shape: tensor.shape, data }] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

function describe({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape.join()}]`;
}
