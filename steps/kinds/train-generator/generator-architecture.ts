import { elementCount } from "../../formats/arrays.js";
import type { Activation } from "../../nn/layers/activation.js";
import { BATCH_NORM_EPSILON } from "../../nn/layers/batch-norm.js";
import type { Conv2dSpec } from "../../nn/layers/conv2d.js";
import type { Conv2dTransposeSpec } from "../../nn/layers/conv2d-transpose.js";
import type { DenseSpec } from "../../nn/layers/dense.js";
import type { LayerSpec } from "../../nn/layers/layer.js";
import type { ModelSpec } from "../../nn/model.js";
import type { ImageShape } from "../../artifacts/image-batch.js";
import type { GeneratorOptions } from "./generator-options.js";

type Shape = Pick<GeneratorOptions, "architecture" | "hidden" | "channels">;

/**
 * Image [H, W, C] -> [outputs]: of a variational auto-encoder, mean and log variance of q(z | x); of a GAN, the
 * discriminator's scores. `normalised`: with batch norm before each activation but the first.
 */
export function inferenceLayers(
  options: Shape,
  outputs: number,
  activation: Activation,
  normalised = false,
): ModelSpec {
  const { architecture, channels, hidden } = options;
  const convolutions = architecture === "conv" ? channels.map(halve) : [];
  const between = (layer: Weighted, at: number): readonly LayerSpec[] =>
    activated(layer, activation, normalised && at > 0);
  return {
    layers: [
      ...convolutions.flatMap(between),
      { type: "flatten" },
      ...hidden.flatMap((units, i) => between({ type: "dense", units }, convolutions.length + i)),
      { type: "dense", units: outputs },
    ],
  };
}

/**
 * z [latentDim] -> image [H, W, C], the mirror of the inference layers; `last` is the activation that makes pixels.
 * `normalised`: with batch norm before each relu. Throws when the convolutions would halve an odd size: the mirror
 * could not restore it.
 */
export function generatorLayers(
  options: Shape,
  shape: ImageShape,
  last: Activation,
  normalised = false,
): ModelSpec {
  const rectified = (layer: Weighted, ...reshape: readonly LayerSpec[]): readonly LayerSpec[] =>
    activated(layer, "relu", normalised, reshape);
  const hidden = [...options.hidden].reverse().flatMap(units => rectified({ type: "dense", units }));
  if (options.architecture === "mlp" || options.channels.length === 0)
    return {
      layers: [
        ...hidden,
        { type: "dense", units: elementCount(shape), activation: last },
        { type: "reshape", shape: [...shape] },
      ],
    };
  const [height, width, colours] = shape;
  const factor = 2 ** options.channels.length;
  if (height % factor !== 0 || width % factor !== 0)
    throw new Error(
      `${options.channels.length} halvings need sides that are multiples of ${factor}, not ${height} x ${width}`,
    );
  const [deepest = 1, ...rest] = [...options.channels].reverse();
  const map = [height / factor, width / factor, deepest];
  return {
    layers: [
      ...hidden,
      ...rectified({ type: "dense", units: elementCount(map) }, { type: "reshape", shape: map }),
      ...rest.flatMap(filters => rectified(double(filters))),
      { ...double(colours), activation: last },
    ],
  };
}

type Weighted = DenseSpec | Conv2dSpec | Conv2dTransposeSpec;

/** A layer, what reshapes its output, and the activation, after batch norm if wanted, whose beta is the bias. */
function activated(
  layer: Weighted,
  activation: Activation,
  normalised: boolean,
  reshape: readonly LayerSpec[] = [],
): readonly LayerSpec[] {
  if (!normalised) return [{ ...layer, activation }, ...reshape];
  return [
    { ...layer, bias: false },
    ...reshape,
    { type: "batchNorm", epsilon: BATCH_NORM_EPSILON, activation },
  ];
}

// A kernel of 4 with stride 2 covers every pixel equally often, so no checkerboard shows.
function halve(filters: number): Weighted {
  return { type: "conv2d", filters, kernel: 4, strides: 2 };
}

function double(filters: number): Weighted {
  return { type: "conv2dTranspose", filters, kernel: 4, strides: 2 };
}
