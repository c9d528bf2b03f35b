import { elementCount } from "../lib/arrays.js";
import type { Activation, LayerSpec, ModelSpec } from "../lib/model.js";
import type { ImageShape } from "../training/batch.js";
import type { GeneratorOptions } from "./options.js";

type Shape = Pick<GeneratorOptions, "architecture" | "latentDim" | "hidden" | "channels">;

/** Image [H, W, C] -> [2 latentDim]: mean, then log variance, of q(z | x). */
export function inferenceLayers(options: Shape): ModelSpec {
  const { architecture, channels, hidden, latentDim } = options;
  const convolutions = architecture === "conv" ? channels.map(halve) : [];
  return {
    layers: [
      ...convolutions,
      { type: "flatten" },
      ...hidden.map(dense),
      { type: "dense", units: 2 * latentDim },
    ],
  };
}

/**
 * z [latentDim] -> image [H, W, C], the mirror of the inference layers; `last` is the activation that makes pixels.
 * Throws when the convolutions would halve an odd size: the mirror could not restore it.
 */
export function generatorLayers(options: Shape, shape: ImageShape, last: Activation): ModelSpec {
  const hidden = [...options.hidden].reverse().map(dense);
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
      { type: "dense", units: elementCount(map), activation: "relu" },
      { type: "reshape", shape: map },
      ...rest.map(filters => double(filters)),
      double(colours, last),
    ],
  };
}

function dense(units: number): LayerSpec {
  return { type: "dense", units, activation: "relu" };
}

// A kernel of 4 with stride 2 covers every pixel equally often, so no checkerboard shows.
function halve(filters: number): LayerSpec {
  return { type: "conv2d", filters, kernel: 4, strides: 2, activation: "relu" };
}

function double(filters: number, activation: Activation = "relu"): LayerSpec {
  return { type: "conv2dTranspose", filters, kernel: 4, strides: 2, activation };
}
