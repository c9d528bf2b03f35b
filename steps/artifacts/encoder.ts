import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, JsonObject } from "../../runner/step-api.js";
import type { Engine, Program, ProgramArrays, ProgramTensors, Tensor, TensorFlow } from "../engine/index.js";
import { type NdArray, shapeText } from "../formats/arrays.js";
import { sha256 } from "../formats/digest.js";
import { isJsonObject, parseJson, writeJson } from "../formats/json.js";
import { checkWeights, forward, type ModelSpec, modelShapes, parseModelSpec, weightArrays } from "../nn/model.js";
import type { LayerTypes } from "../nn/layers/layer.js";
import { encoderLayer, featuresLayer } from "./encoder-layers.js";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.js";

/**
 * The "encoder" artifact: a folder of model.safetensors and model.json (this card). The encoder maps images
 * [H, W, C] with values in [0, 1] to features [n]; the projection head maps features to the space of the loss, and
 * is kept for whoever trains on, but no probe uses it (Chen et al., SimCLR, section 4.2).
 * Weights: `layers.<i>.<name>` of the encoder, `head.layers.<i>.<name>` of the head.
 */
export interface EncoderCard {
  readonly image: readonly [height: number, width: number, channels: number];
  readonly encoder: ModelSpec;
  readonly head: ModelSpec;
  /** Of a classifier: the names of the classes; its head puts out one logit for each. */
  readonly classes?: readonly string[];
  /** How it was trained; read by people. */
  readonly recipe: JsonObject;
}

/** An encoder as the parts of a program (`Engine.program`). */
export interface Encoder {
  readonly card: EncoderCard;
  /** Length of a feature vector. */
  readonly features: number;
  readonly weights: ProgramArrays;
  /** images [batch, H, W, C] in [0, 1] -> features [batch, n], batch norm with its running statistics. Pure. */
  readonly encode: (tf: TensorFlow, weights: ProgramTensors, images: Tensor) => Tensor;
}

/** Reads and checks the artifact. `layer`: whose numbers are its features, see
 * `encoder-layers.ts`. `types`: of layers beside vistas's. */
export async function readEncoder(folder: string, layer = featuresLayer, types?: LayerTypes): Promise<Encoder> {
  const { card, tensors } = await readFiles(folder, types);
  const { model, width } = encoderLayer(card.encoder, card.image, layer);
  const needed = modelShapes(model, card.image).weights;
  const own = [...split(tensors, false)].filter(([name]) => needed.has(name));
  return {
    ...{ card, features: width, weights: weightArrays(new Map(own)) },
    encode: (tf, weights, images) => forward(tf, model, new Map(Object.entries(weights)), images),
  };
}

/** A classifier is an encoder with its head on top: its features are the logits of `classes`. */
export interface Classifier extends Encoder {
  readonly classes: readonly string[];
}

/** Reads and checks the artifact as a classifier. Throws when it was not trained as one. */
export async function readClassifier(folder: string): Promise<Classifier> {
  const { card, tensors } = await readFiles(folder);
  const { classes } = card;
  if (classes === undefined) throw new Error(`${folder}: this encoder was not trained as a classifier`);
  return {
    ...{ card, classes, features: classes.length, weights: weightArrays(tensors) },
    encode(tf, weights, images) {
      const own = (head: boolean): Map<string, Tensor> => split(new Map(Object.entries(weights)), head);
      return forward(tf, card.head, own(true), forward(tf, card.encoder, own(false), images));
    },
  };
}

/** Extracts features: each step takes `images` [batch, H, W, C] and gives `features` [batch, n]. */
export function encoderProgram(engine: Engine, { weights, encode }: Encoder): Program {
  return engine.program(
    (held, { images }) => ({ outputs: { features: encode(engine.tf, held, images as Tensor) } }),
    weights,
  );
}

/** Writes the artifact; equal content makes equal bytes. */
export async function writeEncoder(
  folder: string,
  card: EncoderCard,
  tensors: ReadonlyMap<string, NdArray>,
): Promise<void> {
  const features = checkEncoder(card, tensors, folder);
  const weights = encodeSafetensors({ tensors, metadata: { format: "vistas-encoder-1" } });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, weightsFile), weights);
  await writeJson(join(folder, cardFile), {
    format: 1,
    kind: "encoder",
    image: { shape: card.image, range: [0, 1] },
    features,
    model: { layers: card.encoder.layers },
    head: { layers: card.head.layers },
    ...(card.classes && { classes: card.classes }),
    recipe: card.recipe,
    weights: { file: weightsFile, bytes: weights.length, sha256: sha256(weights) },
  });
}

export const headPrefix = "head.";
const weightsFile = "model.safetensors";
const cardFile = "model.json";

async function readFiles(folder: string, types?: LayerTypes): Promise<{
  readonly card: EncoderCard;
  readonly tensors: ReadonlyMap<string, NdArray>;
  readonly features: number;
}> {
  const [file, weights] = [join(folder, cardFile), join(folder, weightsFile)];
  const card = parseCard(await readFile(file, "utf8"), file, types);
  const { tensors } = parseSafetensors(await readFile(weights), weights);
  return { card, tensors, features: checkEncoder(card, tensors, folder) };
}

/** Throws unless layers and weights fit each other. Returns the number of features. */
function checkEncoder(card: EncoderCard, tensors: ReadonlyMap<string, NdArray>, name: string): number {
  const shapes = modelShapes(card.encoder, card.image);
  const [features, ...more] = shapes.output;
  if (features === undefined || more.length > 0)
    throw new Error(`${name}: an encoder puts out a vector [n], not ${shapeText(shapes.output)}`);
  checkWeights(shapes, split(tensors, false), name);
  const head = modelShapes(card.head, [features]);
  checkWeights(head, split(tensors, true), `${name} (head)`);
  if (card.classes !== undefined && head.output[0] !== card.classes.length)
    throw new Error(
      `${name}: ${shapeText(head.output)} logits are not those of ${card.classes.length} classes`,
    );
  return features;
}

/** The head's weights, or the encoder's, under the names that their own layer lists give them. */
function split<T>(tensors: ReadonlyMap<string, T>, head: boolean): Map<string, T> {
  const mine = [...tensors].filter(([name]) => name.startsWith(headPrefix) === head);
  return new Map(mine.map(([name, tensor]) => [head ? name.slice(headPrefix.length) : name, tensor]));
}

function parseCard(text: string, at: string, types?: LayerTypes): EncoderCard {
  const json = parseJson(text, at);
  if (json["format"] !== 1 || json["kind"] !== "encoder")
    throw new Error(`${at}: must say "format": 1, "kind": "encoder"`);
  const image: Json | undefined = isJsonObject(json["image"]) ? json["image"]["shape"] : undefined;
  const [height, width, channels, ...more] = Array.isArray(image) ? (image as readonly Json[]) : [];
  if (!isSize(height) || !isSize(width) || !isSize(channels) || more.length > 0)
    throw new Error(`${at}: 'image.shape' must be [height, width, channels]`);
  const { classes } = json;
  return {
    image: [height, width, channels],
    encoder: parseModelSpec(json["model"], `${at} (model)`, types),
    head: parseModelSpec(json["head"], `${at} (head)`, types),
    ...(Array.isArray(classes) && { classes: classes.map(String) }),
    recipe: isJsonObject(json["recipe"]) ? json["recipe"] : {},
  };
}

function isSize(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1;
}
