import type { Json } from "../../runner/step-api.js";
import { isJsonObject } from "../formats/json.js";
import { checkName } from "../sources/names.js";

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

/** What a generator's card says of a foreign model and of its images. */
export interface ForeignCard {
  readonly latent: { readonly dim: number };
  readonly classes?: readonly string[];
  readonly image: { readonly shape: readonly [height: number, width: number, channels: number] };
  readonly model: ForeignModel;
}

/** The model of a card, as JSON. Nothing where it is one of our own layers; throws at what is wrong with it. */
export function parseForeign(model: Json | undefined, at: string): ForeignModel | undefined {
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

/** The numbers of a list. */
export function numbers(value: Json | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((n): n is number => typeof n === "number") : [];
}
