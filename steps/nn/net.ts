import type { RandomStream } from "../../runner/step-api.js";
import type { ProgramArray, ProgramArrays, ProgramTensors, Tensor, TensorFlow } from "../engine/types.js";
import { constant, glorotUniform, heNormal, normal } from "./initialise.js";
import { forward, type ModelSpec, modelShapes } from "./model.js";

/** A forward pass in training. */
export interface ForwardPass {
  /** [batch, ...output] */
  readonly y: Tensor;
  /** The state's running statistics, moved towards those of this batch. */
  readonly running: ProgramTensors;
}

/**
 * A layer list in training, x [batch, ...input]: batch norm takes the batch's own statistics. The weights are those
 * of `state` whose names begin with `prefix`, so that several nets may share one state, and so one optimiser.
 * `momentum`: how far the running statistics move; with 1, they become the batch's.
 */
export function trainForward(
  tf: TensorFlow,
  spec: ModelSpec,
  state: ProgramTensors,
  x: Tensor,
  prefix = "",
  momentum = 0.1,
): ForwardPass {
  const running: Record<string, Tensor> = {};
  const y = forward(tf, spec, new Map(Object.entries(under(state, prefix))), x, {
    momentum,
    update: (name, value) => void (running[prefix + name] = value),
  });
  return { y, running };
}

/** The entries whose names begin with `prefix`, without it. */
export function under<T>(entries: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  const own = Object.entries(entries).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** The numbers that a net starts from, trained and running ones apart. */
export interface InitialState {
  readonly params: ProgramArrays;
  readonly running: ProgramArrays;
}

/**
 * Initial numbers of a layer list: He's normal for a kernel whose sums are rectified (at once, or after batch norm),
 * Glorot's uniform for any other, and what its layer says for all else. The i-th weight takes the draws `random.at(i)`.
 * `deviation`: kernels are normal with this one instead.
 */
export function initialState(
  spec: ModelSpec,
  input: readonly number[],
  random: RandomStream,
  prefix = "",
  deviation?: number,
): InitialState {
  const params: Record<string, ProgramArray> = {};
  const running: Record<string, ProgramArray> = {};
  for (const [at, [name, weight]] of [...modelShapes(spec, input).weights].entries()) {
    const { shape, initial } = weight;
    const target = weight.running === undefined ? params : running;
    if (typeof initial === "number") target[prefix + name] = constant(shape, initial);
    else if (deviation !== undefined) target[prefix + name] = normal(random, at, shape, deviation);
    else if (initial.rectified === true) target[prefix + name] = heNormal(random, at, shape, initial.fanIn);
    else target[prefix + name] = glorotUniform(random, at, shape, initial.fanIn, initial.fanOut);
  }
  return { params, running };
}
