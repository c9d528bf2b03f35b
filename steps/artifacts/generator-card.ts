import type { Json, JsonObject } from "../../runner/step-api.js";
import { elementCount, type NdArray, sameShape, shapeText } from "../formats/arrays.js";
import { sha256 } from "../formats/digest.js";
import { isJsonObject, parseJson } from "../formats/json.js";
import { checkWeights, type ModelSpec, modelShapes, parseModelSpec } from "../nn/model.js";
import { parseSafetensors } from "../formats/safetensors.js";
import { type ForeignModel, numbers, parseForeign } from "../foreign/foreign-model.js";
import { type Prior, PRIORS } from "../nn/latents.js";

/**
 * The "generator" artifact: a folder of model.json (this card) and of the model: model.safetensors (weights of the
 * card's layers, `layers.<i>.<name>`), or the files of a foreign model as they came.
 * G maps a latent vector z [latent.dim] to an image [H, W, C] whose values lie in `image.range`.
 */
export interface GeneratorCard<M extends ModelSpec | ForeignModel = ModelSpec> {
  /** What kind of model it is, in words: `vae`, `dcgan`. */
  readonly family: string;
  readonly latent: {
    readonly dim: number;
    readonly prior: Prior;
    /** Of a uniform prior: its ends. */
    readonly range?: readonly [low: number, high: number];
  };
  /**
   * Of a class-conditional generator, the names of the classes: its layers take [z, y], y the class as a one-hot
   * vector [classes]. Without: they take z alone.
   */
  readonly classes?: readonly string[];
  readonly image: {
    readonly shape: readonly [height: number, width: number, channels: number];
    /** The values that stand for black and white: [0, 1] after a sigmoid, [-1, 1] after tanh. */
    readonly range: readonly [low: number, high: number];
  };
  readonly model: M;
  /** How it was trained; read by people. */
  readonly recipe: JsonObject;
  /** Where it and its data come from; read by people. */
  readonly provenance: JsonObject;
}

/** A card as it is read: of our own layers, or of a foreign model. */
export type AnyCard = GeneratorCard<ModelSpec | ForeignModel>;

/** Parses and checks both files of the artifact: types, layers, shapes, and that they belong together. */
export function parseGenerator(
  bytes: Uint8Array,
  weights: Uint8Array,
  name: string,
): { readonly card: GeneratorCard; readonly tensors: ReadonlyMap<string, NdArray> } {
  const at = `${name}/${cardFile}`;
  const json = parseJson(Buffer.from(bytes).toString("utf8"), at);
  const parsed = parseCard(json, at);
  const { model } = parsed;
  if (isForeign(model)) throw new Error(`${at}: describes a model of ${model.format}, not layers`);
  const { tensors } = parseSafetensors(weights, `${name}/${weightsFile}`);
  const stated = isJsonObject(json["weights"]) ? json["weights"]["sha256"] : undefined;
  const digest = sha256(weights);
  if (stated !== undefined && stated !== digest)
    throw new Error(
      `${at} belongs to other weights: it states sha256 ${JSON.stringify(stated)}, they have ${digest}`,
    );
  const card = { ...parsed, model };
  checkGenerator(card, tensors, name);
  return { card, tensors };
}

export function isForeign(model: ModelSpec | ForeignModel): model is ForeignModel {
  return "format" in model;
}

export const weightsFile = "model.safetensors";
export const cardFile = "model.json";

/** Throws unless layers, image and weights fit each other. */
export function checkGenerator(
  card: GeneratorCard,
  tensors: ReadonlyMap<string, NdArray>,
  name: string,
): void {
  const shapes = modelShapes(card.model, [card.latent.dim + (card.classes?.length ?? 0)]);
  const flat = [elementCount(card.image.shape)];
  if (!sameShape(shapes.output, card.image.shape) && !sameShape(shapes.output, flat))
    throw new Error(
      `${name}: the layers put out ${shapeText(shapes.output)}, the card's image is ${shapeText(card.image.shape)}`,
    );
  checkWeights(shapes, tensors, name);
  for (const [weight, { data }] of tensors)
    if (!(data instanceof BigInt64Array) && !data.every(Number.isFinite))
      throw new Error(
        `${name}: the weight '${weight}' holds NaN or infinite numbers: its training went wrong`,
      );
}

/** The card as it stands in model.json; `weights`: model.safetensors, where there is one. */
export function cardJson(card: AnyCard, weights?: Uint8Array): Json {
  return {
    format: 1,
    kind: "generator",
    family: card.family,
    latent: card.latent,
    ...(card.classes && { classes: card.classes }),
    image: card.image,
    model: isForeign(card.model) ? card.model : { layers: card.model.layers },
    recipe: card.recipe,
    provenance: card.provenance,
    ...(weights && { weights: { file: weightsFile, bytes: weights.length, sha256: sha256(weights) } }),
  };
}

/** Checks the types of a card, and what its numbers may be. */
export function parseCard(json: JsonObject, at: string): AnyCard {
  if (json["format"] !== 1 || json["kind"] !== "generator")
    throw new Error(`${at}: must say "format": 1, "kind": "generator"`);
  const latent = object(json, "latent", at);
  const image = object(json, "image", at);
  const dim = latent["dim"];
  const prior = PRIORS.find(name => name === latent["prior"]);
  if (typeof dim !== "number" || !Number.isInteger(dim) || dim < 1)
    throw new Error(`${at}: 'latent.dim' must be a whole number >= 1`);
  if (prior === undefined) throw new Error(`${at}: 'latent.prior' must be one of ${PRIORS.join(", ")}`);
  const ends = latent["range"] === undefined ? undefined : numbers(latent["range"]);
  if (ends !== undefined && !(ends.length === 2 && (ends[0] ?? 0) < (ends[1] ?? 0)))
    throw new Error(`${at}: 'latent.range' must be [low, high]`);
  const [height = 0, width = 0, channels = 0, ...more] = numbers(image["shape"]);
  if (more.length > 0 || ![height, width, channels].every(n => Number.isInteger(n) && n >= 1))
    throw new Error(`${at}: 'image.shape' must be [height, width, channels]`);
  if (channels !== 1 && channels !== 3)
    throw new Error(`${at}: images have 1 or 3 channels, not ${channels}`);
  const [low, high] = numbers(image["range"]);
  if (low === undefined || high === undefined || low >= high)
    throw new Error(`${at}: 'image.range' must be [low, high]`);
  const { classes } = json;
  if (classes !== undefined && !isNames(classes)) throw new Error(`${at}: 'classes' must be a list of names`);
  return {
    family: typeof json["family"] === "string" ? json["family"] : "unknown",
    latent: { dim, prior, ...(ends && { range: [ends[0] ?? -1, ends[1] ?? 1] as const }) },
    ...(classes && { classes }),
    image: { shape: [height, width, channels], range: [low, high] },
    model: parseForeign(json["model"], at) ?? parseModelSpec(json["model"], at),
    recipe: isJsonObject(json["recipe"]) ? json["recipe"] : {},
    provenance: isJsonObject(json["provenance"]) ? json["provenance"] : {},
  };
}

function object(json: JsonObject, key: string, at: string): JsonObject {
  const value = json[key];
  if (!isJsonObject(value)) throw new Error(`${at}: '${key}' must be an object`);
  return value;
}

function isNames(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every(name => typeof name === "string");
}
