import type { Conv2dSpec } from "../nn/layers/conv2d.js";
import type { DenseSpec } from "../nn/layers/dense.js";
import type { LayerSpec, LayerTypes } from "../nn/layers/layer.js";
import { type ModelSpec, parseModelSpec } from "../nn/model.js";
import type { EncoderOptions, EncoderType } from "./encoder-options.js";

/**
 * The encoder's layer list. Every convolution and dense layer is followed by relu, and by batch norm before it unless
 * the options say otherwise: features are then >= 0 and of like size. `own`: encoders and types of layers beside vistas's.
 * Throws where the options contradict each other.
 */
export function encoderLayers(
  options: EncoderOptions,
  image: readonly [height: number, width: number, channels: number],
  own: { readonly encoders?: Readonly<Record<string, EncoderType>>; readonly layers?: LayerTypes } = {},
): ModelSpec {
  switch (options.kind) {
    case "conv":
      return { layers: convLayers(options) };
    case "mlp":
      return {
        layers: [{ type: "flatten" }, ...options.hidden.flatMap(units => denseBlock(units, options))],
      };
    case "layers":
      return parseModelSpec({ layers: options.layers }, "with.encoder", own.layers);
    default: {
      const encoder = own.encoders?.[options.kind];
      if (encoder === undefined) throw new Error(`with.encoder: there is no kind '${options.kind}'`);
      const layers = encoder.layers(options, image) as readonly LayerSpec[];
      return parseModelSpec({ layers }, `the encoder ${options.kind}`, own.layers);
    }
  }
}

/** The projection head (SimCLR, section 4.2): dense layers with relu between them, `widths` units each. */
export function headLayers(widths: readonly number[]): ModelSpec {
  const last = widths.length - 1;
  return {
    layers: widths.map((units, i) => ({ type: "dense", units, activation: i < last ? "relu" : "linear" })),
  };
}

function convLayers(options: EncoderOptions): LayerSpec[] {
  const { channels, kernel, strides, pool, width } = options;
  if (strides.length !== channels.length)
    throw new Error(
      `with.encoder: ${channels.length} 'channels' need as many 'strides'; there are ${strides.length}`,
    );
  const convolutions = channels.flatMap((filters, i) =>
    rectified({ type: "conv2d", filters, kernel, strides: strides[i] ?? 1, padding: "same" }, options),
  );
  return [
    ...convolutions,
    { type: pool === "mean" ? "globalAveragePool" : "flatten" },
    ...(width === 0 ? [] : denseBlock(width, options)),
  ];
}

function denseBlock(units: number, options: EncoderOptions): LayerSpec[] {
  return rectified({ type: "dense", units }, options);
}

/** A layer with relu. Batch norm before it has a bias of its own. */
function rectified(layer: DenseSpec | Conv2dSpec, { batchNorm = true }: EncoderOptions): LayerSpec[] {
  if (!batchNorm) return [{ ...layer, activation: "relu" }];
  return [
    { ...layer, bias: false },
    { type: "batchNorm", epsilon: 1e-5, activation: "relu" },
  ];
}
