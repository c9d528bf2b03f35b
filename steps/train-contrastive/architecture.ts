import { type LayerSpec, type ModelSpec, parseModelSpec } from "../lib/model.js";
import type { EncoderOptions } from "./options.js";

/**
 * The encoder's layer list. Every convolution and dense layer is followed by batch norm and relu, so that features
 * are >= 0 and of like size. Throws where the options contradict each other.
 */
export function encoderLayers(options: EncoderOptions): ModelSpec {
  switch (options.kind) {
    case "conv":
      return { layers: convLayers(options) };
    case "mlp":
      return { layers: [{ type: "flatten" }, ...options.hidden.flatMap(denseBlock)] };
    case "layers":
      return parseModelSpec({ layers: options.layers }, "with.encoder");
  }
}

/** The projection head (SimCLR, section 4.2): dense layers with relu between them, `widths` units each. */
export function headLayers(widths: readonly number[]): ModelSpec {
  const last = widths.length - 1;
  return {
    layers: widths.map((units, i) => ({ type: "dense", units, activation: i < last ? "relu" : "linear" })),
  };
}

function convLayers({ channels, kernel, strides, pool, width }: EncoderOptions): LayerSpec[] {
  if (strides.length !== channels.length)
    throw new Error(
      `with.encoder: ${channels.length} 'channels' need as many 'strides'; there are ${strides.length}`,
    );
  const convolutions = channels.flatMap((filters, i): LayerSpec[] => [
    { type: "conv2d", filters, kernel, strides: strides[i] ?? 1, padding: "same", bias: false },
    batchNorm,
  ]);
  return [
    ...convolutions,
    { type: pool === "mean" ? "globalAveragePool" : "flatten" },
    ...(width === 0 ? [] : denseBlock(width)),
  ];
}

/** Without biases: batch norm has its own. */
function denseBlock(units: number): LayerSpec[] {
  return [{ type: "dense", units, bias: false }, batchNorm];
}

const batchNorm: LayerSpec = { type: "batchNorm", epsilon: 1e-5, activation: "relu" };
