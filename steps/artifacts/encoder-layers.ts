import { elementCount, shapeText } from "../formats/arrays.js";
import { type LayerSpec, type ModelSpec, modelShapes } from "../nn/model.js";
import type { ImageShape } from "./image-batch.js";

/** The name of an encoder's own output. */
export const featuresLayer = "features";

/** A place in an encoder whose numbers can be taken as features. */
export interface EncoderLayer {
  /** `conv1`, `conv2`, ..., `dense1`, ... in the order of the list; `conv1.mean`: the mean over its places. */
  readonly name: string;
  /** Length of a feature vector. */
  readonly width: number;
  /** The encoder up to there; its output is a vector. */
  readonly model: ModelSpec;
}

/**
 * All layers of an encoder: each convolution and each dense layer with the batch norm and activation that follow it, a
 * map once flattened and once as the mean over its places; last of all `features`, the encoder's own output.
 */
export function encoderLayerList(spec: ModelSpec, image: ImageShape): readonly EncoderLayer[] {
  const { after } = modelShapes(spec, image);
  const counts = { conv: 0, dense: 0 };
  const found: EncoderLayer[] = [];
  for (const [i, { type }] of spec.layers.entries()) {
    if (type !== "dense" && type !== "conv2d" && type !== "conv2dTranspose") continue;
    const kind = type === "dense" ? "dense" : "conv";
    const name = `${kind}${++counts[kind]}`;
    const layers = spec.layers.slice(0, stageEnd(spec.layers, i));
    const shape = after[i] ?? [];
    if (kind === "dense") found.push({ name, width: elementCount(shape), model: { layers } });
    else {
      const flat = { layers: [...layers, { type: "flatten" } as const] };
      const mean = { layers: [...layers, { type: "globalAveragePool" } as const] };
      found.push({ name, width: elementCount(shape), model: flat });
      found.push({ name: `${name}.mean`, width: shape.at(-1) ?? 0, model: mean });
    }
  }
  return [...found, { name: featuresLayer, width: elementCount(after.at(-1) ?? []), model: spec }];
}

/** The layer of this name. Throws with all names when there is none. */
export function encoderLayer(spec: ModelSpec, image: ImageShape, name: string): EncoderLayer {
  const all = encoderLayerList(spec, image);
  const layer = all.find(own => own.name === name);
  if (layer !== undefined) return layer;
  const known = all.map(own => `${own.name} ${shapeText([own.width])}`).join(", ");
  throw new Error(`the encoder has no layer '${name}'; it has ${known}`);
}

/** Behind the batch norms and activations that follow layer `i`. */
function stageEnd(layers: readonly LayerSpec[], i: number): number {
  let end = i + 1;
  while (layers[end]?.type === "batchNorm" || layers[end]?.type === "activation") end++;
  return end;
}
