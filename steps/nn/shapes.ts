import { elementCount, type NdArray, sameShape, shapeText } from "../formats/arrays.js";
import type { ConvSpec, LayerSpec, ModelSpec } from "./layers.js";

/** What a model needs and makes: the shape after each layer, and the shape of each weight by name. */
export interface ModelShapes {
  /** `after[i]`: the shape that layer i puts out, without the batch axis. */
  readonly after: readonly (readonly number[])[];
  readonly output: readonly number[];
  /**
   * `layers.<i>.<name>`: dense kernel [in, units]; conv2d kernel [k, k, in, out]; conv2dTranspose kernel
   * [k, k, out, in]; bias [units]; batchNorm gamma, beta, mean, variance [channels].
   */
  readonly weights: ReadonlyMap<string, readonly number[]>;
}

/** Follows `input` through the layers. Throws, naming the layer, where a layer cannot take what comes to it. */
export function modelShapes(spec: ModelSpec, input: readonly number[]): ModelShapes {
  const after: (readonly number[])[] = [];
  const weights = new Map<string, readonly number[]>();
  let shape = input;
  for (const [i, layer] of spec.layers.entries()) {
    const at = `layers[${i}] (${layer.type})`;
    const step = layerShapes(layer, shape, at);
    if (step.output.some(size => size < 1))
      throw new Error(
        `${at}: nothing is left of ${shapeText(shape)}: it would put out ${shapeText(step.output)}`,
      );
    for (const [name, weight] of Object.entries(step.weights)) weights.set(weightName(i, name), weight);
    shape = step.output;
    after.push(shape);
  }
  return { after, output: shape, weights };
}

/** The name of a weight in model.safetensors. */
export function weightName(layer: number, name: string): string {
  return `layers.${layer}.${name}`;
}

/** Checks that exactly the weights that the layers need are there, as float32 of the right shapes. */
export function checkWeights(shapes: ModelShapes, tensors: ReadonlyMap<string, NdArray>, name: string): void {
  for (const [key, shape] of shapes.weights) {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new Error(`${name}: the weight '${key}' ${shapeText(shape)} is missing`);
    if (tensor.dtype !== "f4")
      throw new Error(`${name}: the weight '${key}' must be F32, it is ${tensor.dtype}`);
    if (!sameShape(tensor.shape, shape))
      throw new Error(
        `${name}: the weight '${key}' is ${shapeText(tensor.shape)}, the layer list asks for ${shapeText(shape)}`,
      );
  }
  for (const key of tensors.keys())
    if (!shapes.weights.has(key))
      throw new Error(`${name}: the weight '${key}' belongs to no layer of the list`);
}

interface LayerShapes {
  readonly output: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

function layerShapes(layer: LayerSpec, input: readonly number[], at: string): LayerShapes {
  switch (layer.type) {
    case "dense": {
      const [size = 0] = ranked(input, 1, at);
      return { output: [layer.units], weights: { kernel: [size, layer.units], ...bias(layer, layer.units) } };
    }
    case "conv2d": {
      const [height = 0, width = 0, channels = 0] = ranked(input, 3, at);
      const { filters, kernel } = layer;
      return {
        output: [convSize(height, layer), convSize(width, layer), filters],
        weights: { kernel: [kernel, kernel, channels, filters], ...bias(layer, filters) },
      };
    }
    case "conv2dTranspose": {
      const [height = 0, width = 0, channels = 0] = ranked(input, 3, at);
      const { filters, kernel } = layer;
      return {
        output: [transposeSize(height, layer), transposeSize(width, layer), filters],
        weights: { kernel: [kernel, kernel, filters, channels], ...bias(layer, filters) },
      };
    }
    case "batchNorm": {
      const channels = input.slice(-1);
      return {
        output: input,
        weights: { gamma: channels, beta: channels, mean: channels, variance: channels },
      };
    }
    case "upsample": {
      const [height = 0, width = 0, channels = 0] = ranked(input, 3, at);
      return { output: [height * layer.factor, width * layer.factor, channels], weights: {} };
    }
    case "maxPool": {
      const [height = 0, width = 0, channels = 0] = ranked(input, 3, at);
      const pool = { kernel: layer.size, strides: layer.strides ?? layer.size, padding: "valid" } as const;
      return { output: [convSize(height, pool), convSize(width, pool), channels], weights: {} };
    }
    case "globalAveragePool":
      return { output: ranked(input, 3, at).slice(2), weights: {} };
    case "reshape":
      if (elementCount(layer.shape) !== elementCount(input))
        throw new Error(`${at}: ${shapeText(input)} cannot become ${shapeText(layer.shape)}`);
      return { output: layer.shape, weights: {} };
    case "flatten":
      return { output: [elementCount(input)], weights: {} };
    case "activation":
      return { output: input, weights: {} };
  }
}

function ranked(input: readonly number[], rank: number, at: string): readonly number[] {
  if (input.length === rank) return input;
  throw new Error(
    `${at}: takes ${rank === 1 ? "a vector [n]" : "an image [H, W, C]"}, not ${shapeText(input)}`,
  );
}

function bias(
  layer: { readonly bias?: boolean },
  units: number,
): Readonly<Record<string, readonly number[]>> {
  return layer.bias === false ? {} : { bias: [units] };
}

type Sliding = Pick<ConvSpec, "kernel" | "strides" | "padding">;

function convSize(size: number, { kernel, strides = 1, padding = "same" }: Sliding): number {
  return padding === "same"
    ? Math.ceil(size / strides)
    : Math.max(0, Math.floor((size - kernel) / strides) + 1);
}

export function transposeSize(size: number, { kernel, strides = 1, padding = "same" }: Sliding): number {
  return padding === "same" ? size * strides : (size - 1) * strides + kernel;
}
