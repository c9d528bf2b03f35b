import type { ProgramArrays } from "../engine/index.js";
import { dtypeOf, type NdArray } from "../formats/arrays.js";
import { headPrefix } from "../artifacts/encoder.js";
import { under } from "../nn/net.js";

/** How a training's state names the layers of an encoder and its head. */
export interface Chain {
  /** Prefix of the encoder's first layers, where they are fixed and so apart from the net. */
  readonly input?: string;
  /** Prefix of the net: the rest of the encoder, then the head. */
  readonly net?: string;
  /** All layers of the encoder, the fixed ones too. */
  readonly encoderLength: number;
  readonly inputLength?: number;
}

/** The trained numbers as the encoder artifact names them. The optimiser's averages are left behind. */
export function encoderTensors(
  state: ProgramArrays,
  { input, net = "", encoderLength, inputLength = 0 }: Chain,
): Map<string, NdArray> {
  const tensors = new Map<string, NdArray>();
  const take = (prefix: string, offset: number): void => {
    for (const [name, { shape, data }] of Object.entries(under(state, `${prefix}layers.`))) {
      const [layer = "", ...part] = name.split(".");
      const i = Number(layer) + offset;
      const own =
        i < encoderLength
          ? `layers.${i}.${part.join(".")}`
          : `${headPrefix}layers.${i - encoderLength}.${part.join(".")}`;
      tensors.set(own, { dtype: dtypeOf(data), shape, data });
    }
  };
  if (input !== undefined) take(input, 0);
  take(net, inputLength);
  return tensors;
}
