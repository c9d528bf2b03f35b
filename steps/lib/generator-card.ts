import type { Json, JsonObject } from "../../runner/step-api.js";
import { elementCount, type NdArray, sameShape, shapeText } from "./arrays.js";
import { sha256 } from "./digest.js";
import { isJsonObject, parseJson } from "./json.js";
import { checkWeights, type ModelSpec, modelShapes, parseModelSpec } from "./model.js";
import { parseSafetensors } from "./safetensors.js";
import { checkName } from "./sources/names.js";

/**
 * The "generator" artifact: a folder of model.json (this card) and of the model: model.safetensors (weights of the
 * card's layers, `layers.<i>.<name>`), or the files of a foreign model as they came.
 * G maps a latent vector z [latent.dim] to an image [H, W, C] whose values lie in `image.range`.
 */
export interface GeneratorCard<M extends ModelSpec | ForeignModel = ModelSpec> {
  /** What kind of model it is, in words: `vae`, `dcgan`. */
  readonly family: string;
  readonly latent: { readonly dim: number; readonly prior: Prior };
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

/** A model of another program's, kept as it came. */
export type ForeignModel = {
  readonly format: ForeignFormat;
  /** Below the artifact's folder; the first describes the model, further ones hold its weights. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** The name of the output that is the image. */
  readonly output: string;
  /** The order of the image's axes in that output. */
  readonly layout: ImageLayout;
};

export type ForeignFormat = "onnx" | "tensorflowjs";
export type ImageLayout = "channels-first" | "channels-last";

/** The distribution that z was drawn from in training: N(0, I), or N(0, I) cut off at +-2 (Brock et al. 2019). */
export type Prior = "normal" | "truncatedNormal";

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
    model: card.model,
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
  const [dim, prior] = [latent["dim"], latent["prior"]];
  if (typeof dim !== "number" || !Number.isInteger(dim) || dim < 1)
    throw new Error(`${at}: 'latent.dim' must be a whole number >= 1`);
  if (prior !== "normal" && prior !== "truncatedNormal")
    throw new Error(`${at}: 'latent.prior' must be "normal" or "truncatedNormal"`);
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
    latent: { dim, prior },
    ...(classes && { classes }),
    image: { shape: [height, width, channels], range: [low, high] },
    model: parseForeign(json["model"], at) ?? parseModelSpec(json["model"], at),
    recipe: isJsonObject(json["recipe"]) ? json["recipe"] : {},
    provenance: isJsonObject(json["provenance"]) ? json["provenance"] : {},
  };
}

function parseForeign(model: Json | undefined, at: string): ForeignModel | undefined {
  if (!isJsonObject(model) || model["format"] === undefined) return undefined;
  const { format, files, output, layout } = model;
  if (format !== "onnx" && format !== "tensorflowjs")
    throw new Error(
      `${at}: 'model.format' is ${JSON.stringify(format)}; known are "onnx" and "tensorflowjs"`,
    );
  if (typeof output !== "string") throw new Error(`${at}: 'model.output' must be the name of an output`);
  if (layout !== "channels-first" && layout !== "channels-last")
    throw new Error(`${at}: 'model.layout' must be "channels-first" or "channels-last"`);
  if (!Array.isArray(files) || files.length === 0)
    throw new Error(`${at}: 'model.files' must be a list of files`);
  const parsed = (files as readonly Json[]).map(file => {
    const { path, sha256: digest } = isJsonObject(file) ? file : {};
    if (typeof path !== "string" || typeof digest !== "string")
      throw new Error(`${at}: each of 'model.files' must have a path and a sha256`);
    checkName(path);
    return { path, sha256: digest };
  });
  return { format, files: parsed, output, layout };
}

function object(json: JsonObject, key: string, at: string): JsonObject {
  const value = json[key];
  if (!isJsonObject(value)) throw new Error(`${at}: '${key}' must be an object`);
  return value;
}

function isNames(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every(name => typeof name === "string");
}

function numbers(value: Json | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((n): n is number => typeof n === "number") : [];
}
