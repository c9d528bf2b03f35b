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

/** A model of another program's, kept as it came. */
export type ForeignModel = {
  readonly format: ForeignFormat;
  /** Below the artifact's folder; the first describes the model, further ones hold its weights. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** The name of the output that is the image. */
  readonly output: string;
  /** The order of the image's axes in that output. */
  readonly layout: ImageLayout;
  readonly inputs: ForeignInputs;
  /** Rows that a run takes, neither more nor fewer; 0: any number. */
  readonly batch: number;
};

/** Which of a foreign model's inputs is what, by name. */
export type ForeignInputs = {
  readonly latent: string;
  /** The sizes of one latent, where the model leaves several open. */
  readonly latentShape?: readonly number[];
  /** `one-hot`: a vector of as many numbers as classes; `index`: the class's number; `joined`: one-hot behind z. */
  readonly label?: { readonly name: string; readonly form: LabelForm };
  /** Inputs that are always given the same number: a truncation, noise that is left out. */
  readonly constants: Readonly<Record<string, number>>;
};

export const LABEL_FORMS = ["one-hot", "index", "joined"] as const;
export type LabelForm = (typeof LABEL_FORMS)[number];

export type ForeignFormat = "onnx" | "tensorflowjs";
export type ImageLayout = "channels-first" | "channels-last";

/**
 * The distribution that each number of z was drawn from in training: N(0, 1); N(0, 1) cut off at +-2 (Brock et al. 2019);
 * or uniform between two ends, -1 and 1 unless others are stated (Radford et al. 2016).
 */
export const PRIORS = ["normal", "truncatedNormal", "uniform"] as const;
export type Prior = (typeof PRIORS)[number];

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

function parseForeign(model: Json | undefined, at: string): ForeignModel | undefined {
  if (!isJsonObject(model) || model["format"] === undefined) return undefined;
  const { format, files, output, layout, batch } = model;
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
  if (typeof batch !== "number" || !Number.isInteger(batch) || batch < 0)
    throw new Error(`${at}: 'model.batch' must be a whole number`);
  return { format, files: parsed, output, layout, batch, inputs: parseInputs(model["inputs"], at) };
}

function parseInputs(json: Json | undefined, at: string): ForeignInputs {
  const { latent, latentShape, label, constants } = isJsonObject(json) ? json : {};
  if (typeof latent !== "string" || !isJsonObject(constants))
    throw new Error(`${at}: 'model.inputs' must name the latent and the constants`);
  const sizes = latentShape === undefined ? undefined : numbers(latentShape);
  const { name, form: stated } = isJsonObject(label) ? label : {};
  const form = LABEL_FORMS.find(known => known === stated);
  if (label !== undefined && (typeof name !== "string" || form === undefined))
    throw new Error(`${at}: 'model.inputs.label' must have a name and a form, ${LABEL_FORMS.join(", ")}`);
  const values = Object.entries(constants).map(([input, value]): [string, number] => {
    if (typeof value !== "number") throw new Error(`${at}: 'model.inputs.constants' must be numbers`);
    return [input, value];
  });
  return {
    latent,
    ...(sizes && { latentShape: sizes }),
    ...(typeof name === "string" && form && { label: { name, form } }),
    constants: Object.fromEntries(values),
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

function numbers(value: Json | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((n): n is number => typeof n === "number") : [];
}
