import type {
  ModelInput,
  OnnxModel,
  ProgramArray,
  ProgramArrays,
  ProgramTensors,
  Tensor,
  Tensor2D,
} from "../engine/types.js";
import type { NdArray } from "../formats/arrays.js";
import type { TensorFlow } from "../engine/types.js";
import { forward, type ModelSpec } from "./model.js";

/** The inside of a generator, whatever format it came in. */
export interface Network {
  readonly weights: ProgramArrays;
  /** z [batch, latent] -> the numbers of images [batch, H, W, C], in that order, in the model's own range. Pure. */
  run(tf: TensorFlow, weights: ProgramTensors, z: Tensor2D): Tensor;
  /** The model's file, for engines that run such files as they stand. */
  readonly file?: ModelFile;
}

/** An ONNX model as it came, and what leads from rows of z to images. */
export interface ModelFile {
  readonly model: OnnxModel;
  /** The output that is the image. */
  readonly output: string;
  inputs(rows: Float32Array, count: number): Readonly<Record<string, ModelInput>>;
  /** The output's numbers as those of images [count, H, W, C], in that order, in the model's own range. */
  images(output: Float32Array, count: number): Float32Array;
}

/** Our own layers. The weights were checked to be float32 and to fit. */
export function layerNetwork(spec: ModelSpec, tensors: ReadonlyMap<string, NdArray>): Network {
  const weights: Record<string, ProgramArray> = {};
  for (const [name, { shape, data }] of tensors) {
    if (!(data instanceof Float32Array)) throw new TypeError(`the weight '${name}' must be float32`);
    weights[name] = { shape, data };
  }
  return { weights, run: (tf, given, z) => forward(tf, spec, new Map(Object.entries(given)), z) };
}
