import type { RandomStream } from "../../runner/step-api.js";
import type {
  ProgramArray,
  ProgramArrays,
  ProgramTensors,
  Tensor,
  Tensor1D,
  TensorFlow,
} from "../engine/index.js";
import { forward, type ModelSpec, modelShapes, weightName, weightOf } from "./model.js";
import { batchMoments, batchNormTrain, moveRunning } from "./batch-norm.js";
import { constant, fans, glorotUniform, heNormal, normal } from "./initialise.js";

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
 * `rate`: how far the running statistics move; with 1, they become the batch's.
 */
export function trainForward(
  tf: TensorFlow,
  spec: ModelSpec,
  state: ProgramTensors,
  x: Tensor,
  prefix = "",
  rate = 0.1,
): ForwardPass {
  const running: Record<string, Tensor> = {};
  const weights = new Map(Object.entries(under(state, prefix)));
  const y = forward(tf, spec, weights, x, (input, layer, _, epsilon) => {
    const moments = batchMoments(tf, input);
    const own = (name: string): Tensor1D => weightOf(weights, layer, name) as Tensor1D;
    const moved = moveRunning(tf, { mean: own("mean"), variance: own("variance") }, moments, rate);
    for (const [name, tensor] of Object.entries(moved)) running[prefix + weightName(layer, name)] = tensor;
    return batchNormTrain(tf, input, own("gamma"), own("beta"), moments, epsilon);
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
 * Glorot's uniform for any other; 0 for biases, betas and running means, 1 for gammas and running variances.
 * The i-th weight takes the draws `random.at(i)`. `deviation`: kernels are normal with this one instead.
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
  for (const [at, [name, shape]] of [...modelShapes(spec, input).weights].entries()) {
    const [, layer = "", part = ""] = name.split(".");
    const target = part === "mean" || part === "variance" ? running : params;
    target[prefix + name] =
      part !== "kernel"
        ? constant(shape, part === "gamma" || part === "variance" ? 1 : 0)
        : deviation === undefined
          ? kernel(spec, Number(layer), shape, random, at)
          : normal(random, at, shape, deviation);
  }
  return { params, running };
}

function kernel(
  spec: ModelSpec,
  layer: number,
  shape: readonly number[],
  random: RandomStream,
  at: number,
): ProgramArray {
  const { fanIn, fanOut } = kernelFans(spec, layer, shape);
  return isRectified(spec, layer)
    ? heNormal(random, at, shape, fanIn)
    : glorotUniform(random, at, shape, fanIn, fanOut);
}

/** A transposed convolution's kernel is [k, k, out, in], and each of its outputs sees 1 / strides^2 of the taps. */
function kernelFans(
  spec: ModelSpec,
  layer: number,
  shape: readonly number[],
): { readonly fanIn: number; readonly fanOut: number } {
  const own = spec.layers[layer];
  const { fanIn, fanOut } = fans(shape);
  if (own?.type !== "conv2dTranspose") return { fanIn, fanOut };
  return { fanIn: fanOut / (own.strides ?? 1) ** 2, fanOut: fanIn };
}

/** The layer's output, or that of the batch norm after it, goes through relu or leakyRelu. */
function isRectified(spec: ModelSpec, layer: number): boolean {
  const own = spec.layers[layer];
  if (own === undefined) return false;
  const activation = "activation" in own ? (own.activation ?? "linear") : "linear";
  if (activation !== "linear") return activation === "relu" || activation === "leakyRelu";
  const next = spec.layers[layer + 1];
  return (next?.type === "batchNorm" || next?.type === "activation") && isRectified(spec, layer + 1);
}
