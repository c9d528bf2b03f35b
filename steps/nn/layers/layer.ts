import type { JsonObject } from "../../../runner/step-api.js";
import type { Tensor, TensorFlow } from "../../engine/types.js";

/**
 * A layer as pipelines and model.json write it: its type and its options. Images are NHWC without the batch axis,
 * [H, W, C]; vectors are [n].
 */
export type LayerSpec = JsonObject & { readonly type: string };

export type Shape = readonly number[];

/**
 * All that there is to know of one type of layer: its options, its weights, and what it computes. A new type is an
 * object like this, and a line in `index.ts`.
 */
export interface LayerType<Spec extends LayerSpec = LayerSpec> {
  /** The options beside `type`, as JSON Schemas, and those that must be given. */
  readonly options: JsonObject;
  readonly required?: readonly string[];
  /** Options that are lists of layers themselves. */
  readonly nested?: readonly string[];
  /** Each number that it puts out comes of the one in its place, so what follows rectifies what comes before. */
  readonly elementwise?: boolean;
  /** What `layer: conv1` of an evaluation calls such layers; without it their outputs are no features. */
  readonly stage?: string;
  /** What comes of an input of this shape. Throws an Error where the layer cannot take it. */
  shapes(spec: Spec, input: Shape, chain: ChainShapes): LayerShapes;
  /** x [batch, ...input] -> [batch, ...output]. Pure: makes tensors, and changes nothing. */
  forward(pass: Pass, spec: Spec, x: Tensor): Tensor;
}

/** Types by name. */
export type LayerTypes = Readonly<Record<string, LayerType>>;

export interface LayerShapes {
  readonly output: Shape;
  /** In the order in which they are initialised. */
  readonly weights: Readonly<Record<string, Weight>>;
}

export interface Weight {
  readonly shape: Shape;
  /** Where it starts: a number for all of it, or random numbers of a size that follows from its fans. */
  readonly initial: number | Fans;
  /**
   * Of a running statistic, which follows the data and has no gradient: how many numbers of one example go into each
   * of it.
   */
  readonly running?: number;
}

/** Products of the sizes that feed, and are fed by, one unit. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
  /** Whether the sums go through a rectifier: set by the list that the layer stands in. */
  readonly rectified?: boolean;
}

/** The shapes of a list of layers within a layer, whose weights are then `<name>.<i>.<weight>`; `then` follows it. */
export type ChainShapes = (
  name: string,
  layers: readonly LayerSpec[],
  input: Shape,
  then?: LayerSpec,
) => LayerShapes;

/** What a layer computes with. */
export interface Pass {
  readonly tf: TensorFlow;
  /** A weight of this layer. */
  readonly weight: (name: string) => Tensor;
  /** In training alone. */
  readonly training?: Training;
  /** Runs a list of layers within this one. */
  chain(name: string, layers: readonly LayerSpec[], x: Tensor): Tensor;
}

export interface Training {
  /** How far running statistics move towards those of the batch; with 1, they become the batch's. */
  readonly momentum: number;
  /** The new value of a running statistic. */
  update(name: string, value: Tensor): void;
}

/** The sizes of an image [H, W, C]; throws when `input` is none. */
export function imageShape(input: Shape): readonly [height: number, width: number, channels: number] {
  const [height = 0, width = 0, channels = 0] = input;
  if (input.length !== 3) throw new Error(`takes an image [H, W, C], not [${input.join(", ")}]`);
  return [height, width, channels];
}

/** Kernel and bias of a layer of `units`. */
export function weighted(
  kernel: Shape,
  fans: Fans,
  { bias = true }: { readonly bias?: boolean },
  units: number,
): Readonly<Record<string, Weight>> {
  return {
    kernel: { shape: kernel, initial: fans },
    ...(bias && { bias: { shape: [units], initial: 0 } }),
  };
}

/** `x` with the layer's bias, where it has one. */
export function biased(
  { tf, weight }: Pass,
  { bias = true }: { readonly bias?: boolean },
  x: Tensor,
): Tensor {
  return bias ? tf.add(x, weight("bias")) : x;
}

/** The JSON Schema of a count or a size. */
export const whole: JsonObject = { type: "integer", minimum: 1, maximum: 65536 };
