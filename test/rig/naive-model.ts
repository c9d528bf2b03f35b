import type { NdArray } from "../../steps/formats/arrays.js";
import type { Activation } from "../../steps/nn/layers/activation.js";
import type { BuiltinLayer } from "../../steps/nn/layers/index.js";
import { type ModelSpec, modelShapes } from "../../steps/nn/model.js";

/**
 * A model's output for one input, by plain loops over the definitions of the layers, in float64: what the engine's
 * results are held against. Slow, and so short that it can be checked by eye.
 */
export function naiveForward(
  model: ModelSpec,
  weights: ReadonlyMap<string, NdArray>,
  shape: readonly number[],
  x: readonly number[],
): number[] {
  let now: Volume = { shape, data: [...x] };
  model.layers.forEach((layer, i) => {
    // Weights of the layers within it, as a list of their own.
    const within = (list: string): ReadonlyMap<string, NdArray> =>
      new Map(
        [...weights]
          .filter(([name]) => name.startsWith(`layers.${i}.${list}.`))
          .map(([name, value]) => [`layers.${name.slice(`layers.${i}.${list}.`.length)}`, value]),
      );
    const weight = (name: string): number[] =>
      Array.from<number | bigint>(weights.get(`layers.${i}.${name}`)?.data ?? []).map(Number);
    const out = layerOutput(layer as BuiltinLayer, now, weight, within);
    const { activation = "linear" } = layer as { readonly activation?: Activation };
    now = { shape: out.shape, data: out.data.map(v => activated(v, activation)) };
  });
  return now.data;
}

interface Volume {
  readonly shape: readonly number[];
  readonly data: number[];
}

function layerOutput(
  layer: BuiltinLayer,
  { shape, data }: Volume,
  weight: (name: string) => number[],
  within: (list: string) => ReadonlyMap<string, NdArray>,
): Volume {
  const [height = 0, width = 0, channels = 0] = shape;
  const pixel = (y: number, x: number, c: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : at(data, (y * width + x) * channels + c);
  switch (layer.type) {
    case "dense": {
      const [kernel, bias] = [weight("kernel"), weight("bias")];
      const out = volume([layer.units], ([u = 0]) =>
        data.reduce((sum, v, i) => sum + v * at(kernel, i * layer.units + u), bias[u] ?? 0),
      );
      return out;
    }
    case "conv2d": {
      const { kernel: k, filters, strides = 1, padding = "same" } = layer;
      const [kernel, bias] = [weight("kernel"), weight("bias")];
      const size = (n: number): number =>
        padding === "same" ? Math.ceil(n / strides) : Math.floor((n - k) / strides) + 1;
      // TensorFlow's "same": the padding that is needed, the odd pixel at the end.
      const pad = (n: number): number =>
        padding === "same" ? Math.floor(Math.max(0, (size(n) - 1) * strides + k - n) / 2) : 0;
      return volume([size(height), size(width), filters], ([oy = 0, ox = 0, f = 0]) => {
        let sum = bias[f] ?? 0;
        for (let ky = 0; ky < k; ky++)
          for (let kx = 0; kx < k; kx++)
            for (let c = 0; c < channels; c++)
              sum +=
                pixel(oy * strides + ky - pad(height), ox * strides + kx - pad(width), c) *
                at(kernel, ((ky * k + kx) * channels + c) * filters + f);
        return sum;
      });
    }
    case "conv2dTranspose": {
      const { kernel: k, filters, strides = 1, padding = "same" } = layer;
      const [kernel, bias] = [weight("kernel"), weight("bias")];
      const size = (n: number): number => (padding === "same" ? n * strides : (n - 1) * strides + k);
      const pad = padding === "same" ? Math.floor(Math.max(0, k - strides) / 2) : 0;
      const out = volume([size(height), size(width), filters], ([, , f = 0]) => bias[f] ?? 0);
      const [outHeight = 0, outWidth = 0] = out.shape;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let ky = 0; ky < k; ky++)
            for (let kx = 0; kx < k; kx++) {
              const [oy, ox] = [y * strides + ky - pad, x * strides + kx - pad];
              if (oy < 0 || ox < 0 || oy >= outHeight || ox >= outWidth) continue;
              for (let f = 0; f < filters; f++)
                for (let c = 0; c < channels; c++) {
                  const to = (oy * outWidth + ox) * filters + f;
                  out.data[to] =
                    at(out.data, to) +
                    pixel(y, x, c) * at(kernel, ((ky * k + kx) * filters + f) * channels + c);
                }
            }
      return out;
    }
    case "batchNorm": {
      const [gamma, beta, mean, variance] = ["gamma", "beta", "mean", "variance"].map(weight);
      const n = shape.at(-1) ?? 1;
      const epsilon = layer.epsilon ?? 1e-3;
      return {
        shape,
        data: data.map((v, i) => {
          const c = i % n;
          const scaled = (v - at(mean, c)) / Math.sqrt(at(variance, c) + epsilon);
          return scaled * at(gamma, c) + at(beta, c);
        }),
      };
    }
    case "upsample":
      return volume([height * layer.factor, width * layer.factor, channels], ([y = 0, x = 0, c = 0]) =>
        pixel(Math.floor(y / layer.factor), Math.floor(x / layer.factor), c),
      );
    case "maxPool": {
      const { size, strides = size } = layer;
      const count = (n: number): number => Math.floor((n - size) / strides) + 1;
      return volume([count(height), count(width), channels], ([oy = 0, ox = 0, c = 0]) => {
        let top = -Infinity;
        for (let y = 0; y < size; y++)
          for (let x = 0; x < size; x++) top = Math.max(top, pixel(oy * strides + y, ox * strides + x, c));
        return top;
      });
    }
    case "globalAveragePool":
      return volume([channels], ([c = 0]) => {
        let sum = 0;
        for (let p = 0; p < height * width; p++) sum += at(data, p * channels + c);
        return sum / (height * width);
      });
    case "reshape":
      return { shape: layer.shape, data };
    case "flatten":
      return { shape: [data.length], data };
    case "activation":
      return { shape, data };
    case "residual": {
      const { layers, shortcut = [] } = layer;
      const main = naiveForward({ layers }, within("layers"), shape, data);
      const other = naiveForward({ layers: shortcut }, within("shortcut"), shape, data);
      const { output } = modelShapes({ layers }, shape);
      return { shape: output, data: main.map((v, p) => v + at(other, p)) };
    }
  }
}

function activated(x: number, activation: Activation): number {
  switch (activation) {
    case "linear":
      return x;
    case "relu":
      return Math.max(0, x);
    case "leakyRelu":
      return x < 0 ? 0.2 * x : x;
    case "tanh":
      return Math.tanh(x);
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
  }
}

/** Fills a volume by a function of the place. */
function volume(shape: readonly number[], value: (place: readonly number[]) => number): Volume {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: count }, (_, i) => {
    const place: number[] = [];
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      place.unshift(rest % (shape[axis] ?? 1));
      rest = Math.floor(rest / (shape[axis] ?? 1));
    }
    return value(place);
  });
  return { shape, data };
}

function at(values: readonly number[] | undefined, i: number): number {
  const value = values?.[i];
  if (value === undefined) throw new Error(`no element ${i}`);
  return value;
}
