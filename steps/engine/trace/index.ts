/**
 * Records a step function, run once on tensors without numbers. Every TensorFlow.js operation ends in a kernel, those of
 * the gradient tape and of an optimiser's update too, so the record holds forward pass, backward pass and update.
 * Does not: see what is done outside of TensorFlow.js; a JavaScript branch or loop is recorded as it went.
 */
import type { ProgramArrays, ProgramTensors, StepFunction, TensorFlow } from "../types.js";
import { type Graph, Refusal, type Value, type ValueType } from "./graph.js";
import { registerKernels } from "./kernels.js";
import { here, Recorder, traceBackend } from "./recorder.js";

export { type Graph, type Node, Refusal, sizeOf, type Value, type ValueType } from "./graph.js";

/** What is known of a tensor before it has numbers. */
export interface Signature {
  readonly shape: readonly number[];
  readonly dtype: ValueType;
}
export type Signatures = Readonly<Record<string, Signature>>;

export function signaturesOf(arrays: ProgramArrays): Signatures {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      { shape, dtype: data instanceof Int32Array ? ("int32" as const) : ("float32" as const) },
    ]),
  );
}

/**
 * Throws a Refusal at the first thing that cannot be recorded, and whatever the step function throws. Without `numbers`, those
 * of constants are left out: enough to know what a step takes, also where to keep them would take too much.
 */
export function trace(
  tf: TensorFlow,
  step: StepFunction,
  state: Signatures,
  inputs: Signatures,
  { numbers = true } = {},
): Graph {
  const recorder = new Recorder(numbers);
  return withBackend(tf, recorder, () => {
    const allowRandomness = forbidRandomness();
    tf.engine().startScope("trace");
    try {
      const given = { state: enter(tf, recorder, state), inputs: enter(tf, recorder, inputs) };
      const result = step(given.state.tensors, given.inputs.tensors);
      const leave = (tensors: ProgramTensors): Record<string, Value> =>
        Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, recorder.valueOf(t, name)]));
      const next = leave(result.state ?? {});
      checkState(state, next);
      return {
        ...{ inputs: given.inputs.values, state: given.state.values },
        ...{ outputs: leave(result.outputs), next: changed(next, given.state.values) },
        nodes: recorder.nodes,
      };
    } finally {
      tf.engine().endScope();
      allowRandomness();
    }
  });
}

/**
 * A number drawn while a step is recorded would be the same in every step from then on. TensorFlow.js's random operations
 * (dropout among them) begin with JavaScript's generator, unless a seed is given: then they repeat themselves anyway.
 */
function forbidRandomness(): () => void {
  const { random } = Math;
  Object.assign(Math, {
    random: (): never => {
      throw new Refusal("A random number", here(), "is not an input of the step function");
    },
  });
  return () => void Object.assign(Math, { random });
}

const NAME = "vistas-trace";
let current: Recorder | undefined;
const prepared = new WeakSet<TensorFlow>();

/**
 * Runs `work` with the trace as TensorFlow.js's backend. Not `await tf.setBackend`: the work of others must not come
 * between. For a backend that starts at once, as this and one that runs already, the change is made before the promise
 * is returned.
 */
function withBackend<T>(tf: TensorFlow, recorder: Recorder, work: () => T): T {
  const active = (): Recorder => {
    if (current === undefined) throw new Error("Internal error: a traced tensor outlived its trace.");
    return current;
  };
  if (!prepared.has(tf)) {
    prepared.add(tf);
    tf.registerBackend(NAME, () => traceBackend(tf, active), 0);
    registerKernels(tf, NAME, active);
  }
  const before = tf.getBackend();
  if (before === NAME) throw new Refusal("A step function", here(), "cannot be traced within another");
  current = recorder;
  try {
    change(tf, NAME);
    return work();
  } finally {
    change(tf, before);
    current = undefined;
  }
}

function change(tf: TensorFlow, name: string): void {
  void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new Error(`Internal error: the backend ${name} did not start at once.`);
}

function enter(
  tf: TensorFlow,
  recorder: Recorder,
  signatures: Signatures,
): { readonly tensors: ProgramTensors; readonly values: Record<string, Value> } {
  const values = Object.fromEntries(
    Object.entries(signatures).map(([name, { shape, dtype }]): [string, Value] => [name, { shape, dtype }]),
  );
  const tensors = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      tf.engine().makeTensorFromTensorInfo(recorder.tensorOf(value)),
    ]),
  );
  return { tensors, values };
}

/** The same demands as an eager program makes. */
function checkState(state: Signatures, next: Readonly<Record<string, Value>>): void {
  for (const [name, value] of Object.entries(next)) {
    const old = state[name];
    if (old === undefined)
      throw new Error(`The step function returned a state ${name} that it was not given.`);
    const describe = ({ dtype, shape }: Signature): string => `${dtype} [${shape.join()}]`;
    if (describe(old) !== describe(value))
      throw new Error(`The state ${name} changed from ${describe(old)} to ${describe(value)}.`);
  }
}

function changed(
  next: Readonly<Record<string, Value>>,
  state: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== state[name]));
}
