import type { JsonObject } from "../../core/json.js";
import type { Kinds } from "./kinds.js";
import { NAME } from "./names.js";
import { expectationSchema } from "./of-expectation.js";
import { environmentSchema } from "./of-environment.js";
import { stepWithKinds } from "./of-kinds.js";
import { stepSchema, templateSchema } from "./of-step.js";

/** The schema for editors: `baseSchema` with the options, inputs and outputs of every kind at hand. */
export async function pipelineSchema(kinds: Kinds): Promise<JsonObject> {
  const found = await Promise.all(kinds.names.map(name => kinds.get(name)));
  const base = baseSchema();
  const properties = base["properties"] as JsonObject;
  const steps = properties["steps"] as JsonObject;
  const withKinds = stepWithKinds(
    stepSchema(),
    found.filter(kind => kind !== undefined),
  );
  const templates = properties["templates"] as JsonObject;
  return {
    ...base,
    properties: {
      ...properties,
      templates: { ...templates, additionalProperties: templateSchema() },
      // What a step extends is not known here, so that the rules between its keys cannot be checked.
      steps: { ...steps, additionalProperties: unlessExtending(withKinds) },
    },
  };
}

function unlessExtending({ anyOf, dependentRequired, allOf, ...rest }: JsonObject): JsonObject {
  const rules = Object.entries({ anyOf, dependentRequired, allOf }).filter(([, rule]) => rule !== undefined);
  return { ...rest, if: { required: ["extends"] }, else: Object.fromEntries(rules) as JsonObject };
}

/**
 * The JSON Schema (2020-12) of a pipeline file: ajv holds every file against it; editors show its descriptions and
 * `errorMessage`s. What needs more than one look at the file (references, axes, the options of a kind) is checked
 * later, with the same kind of diagnostics.
 */
export function baseSchema(): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "vistas pipeline",
    description: "Steps that make artifacts from artifacts; rerun only where something changed.",
    type: "object",
    errorMessage: "a pipeline is a mapping",
    required: ["steps"],
    properties: {
      name: {
        type: "string",
        minLength: 1,
        description: "What the pipeline is called. Default: the file's name without its ending.",
        examples: ["quickstart"],
        errorMessage: "`name` is a text",
      },
      description: {
        type: "string",
        description: "What the pipeline is for.",
        errorMessage: "`description` is a text",
      },
      params: {
        type: ["object", "null"],
        description:
          "Values that steps read as `${{ params.name }}`, overridden by `--params FILE` and `--set name=value`, in that order.",
        propertyNames: { pattern: NAME },
        examples: [{ anchors: 4096, sigma: 0.3 }],
        errorMessage: "`params` is a mapping of names to values",
      },
      environment: environmentSchema(
        "Where the programs of `run` steps find what they run on. It is part of what identifies their results.",
      ),
      plugins: {
        type: ["array", "null"],
        description: "Modules whose default export is `defineStep({...})`, relative to the project folder.",
        items: {
          type: "string",
          minLength: 1,
          errorMessage: "a plugin is a path such as `./my-kinds/augment.js`",
        },
        uniqueItems: true,
        examples: [["./my-kinds/augment.js"]],
        errorMessage: "`plugins` is a list of paths, each once",
      },
      inputs: {
        anyOf: [
          { type: "array", items: { type: "string", pattern: NAME }, uniqueItems: true },
          {
            type: "object",
            propertyNames: { pattern: NAME },
            additionalProperties: {
              anyOf: [
                { type: "null" },
                { type: "string", pattern: "^\\.?/" },
                {
                  type: "object",
                  properties: { description: { type: "string" } },
                  additionalProperties: false,
                },
              ],
              errorMessage:
                "a declared input is nothing, a `description`, or the path that stands for it where nothing is given",
            },
          },
          { type: "null" },
        ],
        description:
          "What the pipeline is given where it is used as a step of another: names that its steps take as they take another step. A path stands for an input that is not given.",
        examples: [["images"], { images: "./images" }],
      },
      outputs: {
        type: ["object", "null"],
        description: "What a pipeline has that uses this one as a step: names for `step.output`.",
        propertyNames: { pattern: NAME },
        additionalProperties: {
          type: "string",
          minLength: 1,
          errorMessage: "a declared output is `step.output`, or `step` where that has one",
        },
        examples: [{ model: "train.model" }],
        errorMessage: "`outputs` is a mapping of names to `step.output`",
      },
      templates: {
        type: ["object", "null"],
        description: "Parts of steps by name, for `extends`. Only those that a step extends are checked.",
        propertyNames: { pattern: NAME },
        additionalProperties: { type: "object", errorMessage: "a template is a mapping as a step is" },
        examples: [{ encoder: { uses: "train-contrastive", with: { updates: 500, batch: 128 } } }],
        errorMessage: "`templates` is a mapping of names to parts of steps",
      },
      steps: {
        type: "object",
        minProperties: 1,
        description: "The steps by name. Their order here means nothing: inputs say what comes first.",
        propertyNames: { pattern: NAME },
        additionalProperties: stepSchema(),
        errorMessage: "`steps` is a mapping with at least one step",
      },
      expect: {
        type: ["array", "null"],
        description: "What `vistas reproduce` holds the run against.",
        items: expectationSchema(),
        errorMessage: "`expect` is a list of metrics and claims",
      },
    },
    patternProperties: { "^x-": { description: "Yours: ignored by vistas." } },
    additionalProperties: false,
  };
}
