import type {
  Program,
  ProgramArray,
  ProgramArrays,
  ProgramTensors,
  StepFunction,
  Tensor,
  TensorFlow,
} from "./types.js";

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
