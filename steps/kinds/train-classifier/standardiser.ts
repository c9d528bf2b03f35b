import type { ProgramArrays } from "../../engine/index.js";
import { elementCount } from "../../formats/arrays.js";
import { type ImageFile, range } from "../../artifacts/images.js";
import type { LayerSpec } from "../../nn/layers/layer.js";

/** Layers that are not trained, with their weights under the names of the layer list. */
export interface FixedLayers {
  readonly layers: readonly LayerSpec[];
  readonly weights: ProgramArrays;
}

/**
 * Layers that shift and scale each pixel to mean 0 and variance 1 over the images: a batch norm of the flat image
 * whose statistics are those of the whole data set. So the artifact itself says what is done to its input.
 * A pixel that never changes is only shifted.
 */
export function standardiser({
  count,
  shape,
  pick,
}: Pick<ImageFile, "count" | "shape" | "pick">): FixedLayers {
  const width = elementCount(shape);
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let from = 0; from < count; from += block)
    for (const [i, value] of pick(range(from, Math.min(from + block, count))).entries()) {
      // Sums of whole numbers: exact.
      sums[i % width] = (sums[i % width] ?? 0) + value;
      squares[i % width] = (squares[i % width] ?? 0) + value * value;
    }
  const mean = Float32Array.from(sums, sum => sum / count / 255);
  const variance = Float32Array.from(squares, (square, d) => {
    const spread = square / count - ((sums[d] ?? 0) / count) ** 2;
    return spread > 0 ? spread / 255 ** 2 : 1;
  });
  const vector = (data: Float32Array): ProgramArrays[string] => ({ shape: [width], data });
  return {
    layers: [{ type: "flatten" }, { type: "batchNorm", epsilon: 1e-12 }, { type: "reshape", shape }],
    weights: {
      "layers.1.gamma": vector(new Float32Array(width).fill(1)),
      "layers.1.beta": vector(new Float32Array(width)),
      "layers.1.mean": vector(mean),
      "layers.1.variance": vector(variance),
    },
  };
}

const block = 1024;
