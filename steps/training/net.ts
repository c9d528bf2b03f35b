import type { RandomStream } from "../../runner/step-api.js";
import type { Tensor, Tensor1D, TensorFlow } from "../engine/index.js";
import { forward, type ModelSpec, modelShapes, weightName } from "../lib/model.js";
import {
  BATCH_NORM_EPSILON,
  type BatchMoments,
  batchMoments,
  batchNormTrain,
  updateRunning,
} from "../nn/batch-norm.js";
import { constant, fans, glorotUniform, heNormal } from "../nn/initialise.js";
import type { NamedArray, NamedArrays, Params } from "../nn/params.js";

/** What training holds of a model: the numbers that the optimiser moves, and batch norm's running statistics. */
export interface NetState {
  /** Kernels, biases, gammas and betas, named `<prefix>layers.<i>.<name>`. */
  readonly params: Params;
  /** Means and variances, named alike. */
  readonly running: Params;
}

/**
 * A layer list in training: batch norm takes the batch's own statistics, and its running ones follow them.
 * Several nets may share one state under different prefixes, and so one optimiser.
 */
export class Net {
  readonly #pending: { readonly layer: number; readonly moments: BatchMoments }[] = [];

  constructor(
    private readonly tf: TensorFlow,
    readonly spec: ModelSpec,
    private readonly state: NetState,
    private readonly prefix = "",
  ) {}

  /** x [batch, ...input] -> [batch, ...output], within `tf.tidy`. Call `settle` when the update is done. */
  train(x: Tensor): Tensor {
    const { tf } = this;
    return forward(tf, this.spec, this.#weights(this.state.params), x, (input, layer, weights, epsilon) => {
      const moments = batchMoments(tf, input);
      tf.keep(moments.mean);
      tf.keep(moments.variance);
      this.#pending.push({ layer, moments });
      const own = (name: string): Tensor1D => weights.get(weightName(layer, name)) as Tensor1D;
      // batchNormTrain adds an epsilon of its own; the layer's is what must come out.
      const variance = tf.add<Tensor1D>(moments.variance, epsilon - BATCH_NORM_EPSILON);
      return batchNormTrain(tf, input, own("gamma"), own("beta"), { ...moments, variance });
    });
  }

  /** As `train`, with the running statistics; changes nothing. */
  infer(x: Tensor): Tensor {
    const weights = new Map([...this.#weights(this.state.params), ...this.#weights(this.state.running)]);
    return forward(this.tf, this.spec, weights, x);
  }

  /** Moves the running statistics towards those of the batches seen since the last call. */
  settle(): void {
    for (const { layer, moments } of this.#pending.splice(0)) {
      updateRunning(this.tf, this.state.running, `${this.prefix}layers.${layer}`, moments);
      this.tf.dispose([moments.mean, moments.variance]);
    }
  }

  /** This net's tensors under the names that the layer list knows. */
  #weights(params: Params): Map<string, Tensor> {
    const own = params.names.filter(name => name.startsWith(this.prefix));
    return new Map(own.map(name => [name.slice(this.prefix.length), params.get(name)]));
  }
}

/** The numbers that a net starts from, trained and running ones apart. */
export interface InitialState {
  readonly params: NamedArrays;
  readonly running: NamedArrays;
}

/**
 * Initial numbers of a layer list: He's normal for a kernel whose sums are rectified (at once, or after batch norm),
 * Glorot's uniform for any other; 0 for biases, betas and running means, 1 for gammas and running variances.
 * The i-th weight takes the draws `random.at(i)`.
 */
export function initialState(
  spec: ModelSpec,
  input: readonly number[],
  random: RandomStream,
  prefix = "",
): InitialState {
  const params: Record<string, NamedArray> = {};
  const running: Record<string, NamedArray> = {};
  for (const [at, [name, shape]] of [...modelShapes(spec, input).weights].entries()) {
    const [, layer = "", part = ""] = name.split(".");
    const target = part === "mean" || part === "variance" ? running : params;
    target[prefix + name] =
      part === "kernel"
        ? kernel(spec, Number(layer), shape, random, at)
        : constant(shape, part === "gamma" || part === "variance" ? 1 : 0);
  }
  return { params, running };
}

function kernel(
  spec: ModelSpec,
  layer: number,
  shape: readonly number[],
  random: RandomStream,
  at: number,
): NamedArray {
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
