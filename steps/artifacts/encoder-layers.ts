import { elementCount, shapeText } from "../formats/arrays.js";
import { joined, type ModelSpec, modelShapes, typeOf } from "../nn/model.js";
import type { ImageShape } from "./image-batch.js";

/** The name of an encoder's own output. */
export const featuresLayer = "features";

/** A place in an encoder whose numbers can be taken as features. */
export interface EncoderLayer {
  /** `conv1`, `conv2`, ..., `dense1`, ..., `residual1`, ... in the order of the list; `conv1.mean`: the mean over its places. */
  readonly name: string;
  /** Length of a feature vector. */
  readonly width: number;
  /** The encoder up to there; its output is a vector. */
  readonly model: ModelSpec;
}

/**
 * All layers of an encoder: each convolution, dense layer and residual with the batch norm and activation that follow it,
 * a map once flattened and once as the mean over its places; last of all `features`, the encoder's own output.
 */
export function encoderLayerList(spec: ModelSpec, image: ImageShape): readonly EncoderLayer[] {
  const { after } = modelShapes(spec, image);
  const counts = new Map<string, number>();
  const found: EncoderLayer[] = [];
  for (const [i, layer] of spec.layers.entries()) {
    const { stage } = typeOf(spec, layer);
    if (stage === undefined) continue;
    const count = (counts.get(stage) ?? 0) + 1;
    counts.set(stage, count);
    const name = `${stage}${count}`;
    const model = { ...spec, layers: spec.layers.slice(0, stageEnd(spec, i)) };
    const shape = after[i] ?? [];
    const [width, channels = 0] = [elementCount(shape), shape.at(-1)];
    if (shape.length === 1) found.push({ name, width, model });
    else found.push({ name, width, model: joined(model, { layers: [{ type: "flatten" }] }) });
    if (shape.length === 3) {
      const mean = joined(model, { layers: [{ type: "globalAveragePool" }] });
      found.push({ name: `${name}.mean`, width: channels, model: mean });
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
function stageEnd(spec: ModelSpec, i: number): number {
  const rest = spec.layers.slice(i + 1);
  const next = rest.findIndex(layer => typeOf(spec, layer).elementwise !== true);
  return next < 0 ? spec.layers.length : i + 1 + next;
}
