import type { JsonSchema } from "../../../runner/step-api.js";

export interface FetchDatasetOptions {
  readonly dataset: string;
  readonly source: string | readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
  readonly files: { readonly train: PartFiles; readonly test?: PartFiles };
  readonly classes: readonly string[];
  readonly licence: string;
  readonly holdout: number;
  readonly trainCount: number;
  readonly testCount: number;
  readonly choose: "random" | "first";
  readonly balanced: boolean;
  readonly seed: number;
  readonly resize?: number | readonly [height: number, width: number];
  readonly channels?: 1 | 3;
  readonly range?: readonly [black: number, white: number];
  readonly layout?: "channels-first" | "channels-last";
  readonly maxBytes: number;
}

/** Where a part's arrays are: `payload`, or `payload#array` inside an .npz. */
export interface PartFiles {
  readonly images: string;
  readonly labels?: string;
}

const count = { type: "integer", minimum: 0, maximum: 1e9 } as const;
const size = { type: "integer", minimum: 1, maximum: 8192 } as const;
const payload = { type: "string", minLength: 1 } as const;
const part = {
  type: "object",
  properties: {
    images: {
      ...payload,
      description:
        "payload of the images: an IDX, npy or npz#array, or a folder of PNG, JPEG, WebP or BMP files",
    },
    labels: {
      ...payload,
      description: "payload of the labels; a folder of pictures has its labels in its subfolders' names",
    },
  },
  required: ["images"],
  additionalProperties: false,
} as const;

export const schema: JsonSchema = {
  type: "object",
  properties: {
    dataset: { type: "string", default: "", description: "name of the data set, kept in data.json" },
    source: {
      description:
        "where to get it, or a list tried in order: a file or folder, https:, npm:NAME@VERSION/path, apt:PACKAGE/path, s3://, hf://",
      anyOf: [
        { type: "string", minLength: 1 },
        { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
      ],
    },
    sha256: {
      type: "object",
      description:
        "SHA-256 of each decompressed payload, by its file name; a source may hold it plain or as .gz",
      additionalProperties: { type: "string", pattern: "^[0-9a-fA-F]{64}$" },
      minProperties: 1,
    },
    files: {
      type: "object",
      description: "which payload is what; by default the names of MNIST and its kin",
      properties: { train: part, test: part },
      required: ["train"],
      additionalProperties: false,
      default: {
        train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" },
        test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" },
      },
    },
    classes: {
      type: "array",
      items: { type: "string", minLength: 1 },
      uniqueItems: true,
      default: [],
      description:
        "class names in label order; by default the numbers that occur, or the subfolders of pictures. A class without images is none",
    },
    licence: { type: "string", default: "", description: "licence of the data, kept in data.json" },
    holdout: {
      ...count,
      default: 0,
      description:
        "images of train, drawn by seed, that become `test` in place of the real test part, to choose settings on; each class gives its share",
    },
    trainCount: { ...count, default: 0, description: "how many images of train to keep; 0: all" },
    testCount: { ...count, default: 0, description: "how many images of test to keep; 0: all" },
    choose: {
      enum: ["random", "first"],
      default: "random",
      description: "which images a count keeps: drawn by seed, or the first in the file",
    },
    balanced: {
      type: "boolean",
      default: true,
      description: "a count keeps as many of each class as of the others, where there are labels",
    },
    resize: {
      description:
        "height and width that each image is brought to, stretched, by antialiased bilinear filtering; one number: both",
      anyOf: [size, { type: "array", items: size, minItems: 2, maxItems: 2 }],
    },
    channels: {
      enum: [1, 3],
      description: "1: grey, of colours by ITU-R BT.601; 3: RGB, of grey by repetition",
    },
    range: {
      type: "array",
      items: { type: "number" },
      minItems: 2,
      maxItems: 2,
      description:
        "of arrays that are not uint8: the values that stand for black and white, such as [0, 1] or [-1, 1]",
    },
    layout: {
      enum: ["channels-first", "channels-last"],
      description:
        "order of an array's axes, [N, C, H, W] or [N, H, W, C], where it cannot be told by its shape",
    },
    seed: { type: "integer", default: 0, description: "seed of holdout and random choice" },
    maxBytes: {
      type: "integer",
      minimum: 1,
      maximum: 4294967295,
      default: 2147483648,
      description: "the most bytes that a download or an unpacked payload may have",
    },
  },
  required: ["source", "sha256"],
  additionalProperties: false,
};
