import type { ProgramArrays } from "../engine/index.js";
import { dtypeOf, type NdArray } from "../lib/arrays.js";
import { headPrefix } from "../training/encoder.js";
import { under } from "../training/net.js";

/**
 * The trained numbers as the encoder artifact names them. In training, encoder and head are one chain of layers;
 * layer `encoderLength` is the head's layer 0. The optimiser's averages are left behind.
 */
export function encoderTensors(state: ProgramArrays, encoderLength: number): Map<string, NdArray> {
  const tensors = new Map<string, NdArray>();
  for (const [name, { shape, data }] of Object.entries(under(state, "layers."))) {
    const [layer = "", part = ""] = name.split(".");
    const i = Number(layer);
    const own = i < encoderLength ? `layers.${name}` : `${headPrefix}layers.${i - encoderLength}.${part}`;
    tensors.set(own, { dtype: dtypeOf(data), shape, data });
  }
  return tensors;
}
