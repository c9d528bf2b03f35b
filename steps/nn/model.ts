import type * as tfc from "@tensorflow/tfjs-core";
import type { ProgramArray, ProgramArrays, TensorFlow as Tf } from "../engine/types.js";
import type { NdArray } from "../formats/arrays.js";
import type { Activation, ConvSpec, LayerSpec, ModelSpec } from "./layers.js";
import { transposeSize, weightName } from "./shapes.js";

export type { Activation, LayerSpec, ModelSpec } from "./layers.js";
export { parseModelSpec } from "./layers.js";
export { checkWeights, modelShapes, type ModelShapes, weightName } from "./shapes.js";

export type { Tf };
export type Tensor = tfc.Tensor;

/** Weights by name, `layers.<i>.<name>`. */
export type Weights = ReadonlyMap<string, Tensor>;

/** The statistics that a batchNorm layer is to use: [channels] each. */
export type BatchNorm = (x: Tensor, layer: number, weights: Weights, epsilon: number) => Tensor;

export const defaultEpsilon = 1e-3;

/**
 * Runs a model: x [batch, ...input] -> [batch, ...output]. Pure: makes tensors (call it within `tf.tidy`) and
 * changes nothing. Differentiable in x and weights as far as the backend is. A trainer gives `batchNorm` to use
 * the batch's own statistics; without it the stored ones are used, as at inference.
 */
export function forward(tf: Tf, spec: ModelSpec, weights: Weights, x: Tensor, batchNorm?: BatchNorm): Tensor {
  const normalise = batchNorm ?? storedBatchNorm(tf);
  return spec.layers.reduce((input, layer, i) => runLayer(tf, layer, i, weights, input, normalise), x);
}

/** The weights of a file as the state of a program. */
export function weightArrays(tensors: ReadonlyMap<string, NdArray>): ProgramArrays {
  const arrays = [...tensors].map(([name, { shape, data }]): [string, ProgramArray] => {
    if (!(data instanceof Float32Array)) throw new TypeError(`the weight '${name}' must be float32`);
    return [name, { shape, data }];
  });
  return Object.fromEntries(arrays);
}

/** The weight of a layer; throws when it is missing, which `checkWeights` has told the user of before. */
export function weightOf(weights: Weights, layer: number, name: string): Tensor {
  const weight = weights.get(weightName(layer, name));
  if (weight === undefined) throw new Error(`the weight '${weightName(layer, name)}' is missing`);
  return weight;
}

export function activate(tf: Tf, x: Tensor, activation: Activation = "linear"): Tensor {
  switch (activation) {
    case "linear":
      return x;
    case "relu":
      return tf.relu(x);
    case "leakyRelu":
      return tf.leakyRelu(x, 0.2);
    case "tanh":
      return tf.tanh(x);
    case "sigmoid":
      return tf.sigmoid(x);
  }
}

function runLayer(
  tf: Tf,
  layer: LayerSpec,
  i: number,
  weights: Weights,
  x: Tensor,
  batchNorm: BatchNorm,
): Tensor {
  const [batch = 0, height = 0, width = 0] = x.shape;
  switch (layer.type) {
    case "dense": {
      const product = tf.matMul(x, weightOf(weights, i, "kernel"));
      return activate(tf, withBias(tf, product, layer, i, weights), layer.activation);
    }
    case "conv2d": {
      const { strides = 1, padding = "same" } = layer;
      const y = tf.conv2d(x as tfc.Tensor4D, kernel(weights, i), strides, padding);
      return activate(tf, withBias(tf, y, layer, i, weights), layer.activation);
    }
    case "conv2dTranspose": {
      const { strides = 1, padding = "same" } = layer;
      const out = [batch, transposeSize(height, layer), transposeSize(width, layer), layer.filters];
      const shape = out as [number, number, number, number];
      const y = tf.conv2dTranspose(x as tfc.Tensor4D, kernel(weights, i), shape, strides, padding);
      return activate(tf, withBias(tf, y, layer, i, weights), layer.activation);
    }
    case "batchNorm":
      return activate(tf, batchNorm(x, i, weights, layer.epsilon ?? defaultEpsilon), layer.activation);
    case "upsample": {
      const size: [number, number] = [height * layer.factor, width * layer.factor];
      return tf.image.resizeNearestNeighbor(x as tfc.Tensor4D, size);
    }
    case "maxPool":
      return tf.maxPool(x as tfc.Tensor4D, layer.size, layer.strides ?? layer.size, "valid");
    case "globalAveragePool":
      return tf.mean(x, [1, 2]);
    case "reshape":
      return tf.reshape(x, [batch, ...layer.shape]);
    case "flatten":
      return tf.reshape(x, [batch, x.size / batch]);
    case "activation":
      return activate(tf, x, layer.activation);
  }
}

function withBias(tf: Tf, x: Tensor, layer: Pick<ConvSpec, "bias">, i: number, weights: Weights): Tensor {
  return layer.bias === false ? x : tf.add(x, weightOf(weights, i, "bias"));
}

function kernel(weights: Weights, i: number): tfc.Tensor4D {
  return weightOf(weights, i, "kernel") as tfc.Tensor4D;
}

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta, folded into one scale and one shift per channel. */
function storedBatchNorm(tf: Tf): BatchNorm {
  return (x, i, weights, epsilon) => {
    const scale = tf.mul(
      weightOf(weights, i, "gamma"),
      tf.rsqrt(tf.add(weightOf(weights, i, "variance"), epsilon)),
    );
    const shift = tf.sub(weightOf(weights, i, "beta"), tf.mul(weightOf(weights, i, "mean"), scale));
    return tf.add(tf.mul(x, scale), shift);
  };
}
