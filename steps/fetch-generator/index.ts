import { defineStep } from "../../runner/step-api.js";

export interface FetchGeneratorOptions {
  readonly source: string | readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/** Gets a trained generator from a list of sources, verified by checksum and checked to fit its own layer list. */
export default defineStep<FetchGeneratorOptions>({
  kind: "fetch-generator",
  summary: "Gets a trained generator from the first source that has it, verified by checksum",
  with: {
    type: "object",
    properties: {
      source: {
        description:
          "where to get it, or a list tried in order: a folder, https:, npm:NAME@VERSION/path, apt:PACKAGE/path, s3://, hf://",
        anyOf: [
          { type: "string", minLength: 1 },
          { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
        ],
      },
      sha256: {
        type: "object",
        description:
          "SHA-256 of both decompressed files by name: the weights (model.safetensors) and the card (model.json)",
        additionalProperties: { type: "string", pattern: "^[0-9a-fA-F]{64}$" },
        minProperties: 1,
      },
      maxBytes: {
        type: "integer",
        minimum: 1,
        maximum: 4294967295,
        default: 2147483648,
        description: "the most bytes that a download or an unpacked file may have",
      },
    },
    required: ["source", "sha256"],
    additionalProperties: false,
  },
  inputs: {},
  outputs: { model: "the generator: a folder of model.safetensors and model.json" },
  run: async ctx => (await import("./run.js")).run(ctx),
});
