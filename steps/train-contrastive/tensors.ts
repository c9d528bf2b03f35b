import type { NdArray } from "../lib/arrays.js";
import { headPrefix } from "../training/encoder.js";
import type { TrainState } from "../training/state.js";

/**
 * The trained numbers as the encoder artifact names them. In training, encoder and head are one chain of layers;
 * layer `encoderLength` is the head's layer 0.
 */
export function encoderTensors(
  { params, running }: Pick<TrainState, "params" | "running">,
  encoderLength: number,
): Map<string, NdArray> {
  const tensors = new Map<string, NdArray>();
  for (const [name, { shape, data }] of Object.entries({ ...params, ...running })) {
    const [, layer = "", part = ""] = name.split(".");
    const i = Number(layer);
    const own = i < encoderLength ? name : `${headPrefix}layers.${i - encoderLength}.${part}`;
    tensors.set(own, { dtype: "f4", shape, data });
  }
  return tensors;
}
