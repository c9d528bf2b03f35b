import type { JsonObject } from "../core/json.js";
import type { Kinds } from "./kinds.js";
import { NAME, VARIABLE } from "./names.js";
import { stepWithKinds } from "./schema-of-kinds.js";
import { DURATION, SIZE } from "./units.js";

/** The schema for editors: `baseSchema` with the options, inputs and outputs of every kind at hand. */
export async function pipelineSchema(kinds: Kinds): Promise<JsonObject> {
  const found = await Promise.all(kinds.names.map(name => kinds.get(name)));
  const base = baseSchema();
  const properties = base["properties"] as JsonObject;
  const steps = properties["steps"] as JsonObject;
  const withKinds = stepWithKinds(
    step(),
    found.filter(kind => kind !== undefined),
  );
  return { ...base, properties: { ...properties, steps: { ...steps, additionalProperties: withKinds } } };
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
      steps: {
        type: "object",
        minProperties: 1,
        description: "The steps by name. Their order here means nothing: inputs say what comes first.",
        propertyNames: { pattern: NAME },
        additionalProperties: step(),
        errorMessage: "`steps` is a mapping with at least one step",
      },
      expect: {
        type: ["array", "null"],
        description: "What `vistas reproduce` holds the run against.",
        items: expectation(),
        errorMessage: "`expect` is a list of metrics and claims",
      },
    },
    patternProperties: { "^x-": { description: "Yours: ignored by vistas." } },
    additionalProperties: false,
  };
}

function step(): JsonObject {
  return {
    type: "object",
    description: "One step: a kind (`uses`) with options, or any program (`run`).",
    errorMessage: "a step is a mapping with `uses` or `run`",
    anyOf: [{ required: ["uses"] }, { required: ["run"] }],
    not: { type: "object", required: ["uses", "run"] },
    dependentRequired: { with: ["uses"], outputs: ["run"] },
    properties: {
      description: {
        type: "string",
        description: "What the step is for.",
        errorMessage: "`description` is a text",
      },
      uses: {
        type: "string",
        minLength: 1,
        description: "The step kind; `vistas steps` lists them.",
        examples: ["sample-views"],
        errorMessage: "`uses` is the name of a step kind",
      },
      run: {
        description:
          "Any program: a list of words, or a text for the shell, in which each expression becomes one quoted word. It runs in an empty folder of its own; `${{ inputs.role }}` and `${{ outputs.name }}` are absolute paths.",
        anyOf: [
          { type: "string", pattern: "\\S" },
          { type: "array", minItems: 1, items: { type: ["string", "number", "boolean"] } },
        ],
        examples: [
          ["python3", "analyse.py", "--out", "${{ outputs.table }}"],
          "sort ${{ inputs.list }} > ${{ outputs.sorted }}",
        ],
        errorMessage: "`run` is a text for the shell, or a list of words",
      },
      with: {
        type: ["object", "null"],
        description: "Options of the step kind; `vistas steps KIND` describes them.",
        errorMessage: "`with` is a mapping of options",
      },
      inputs: {
        type: ["object", "null"],
        description:
          "By role: `step.output`, `step` alone where that step has one output, or `./path` or `/path` for a file or folder of yours.",
        propertyNames: { pattern: NAME },
        additionalProperties: {
          type: "string",
          minLength: 1,
          errorMessage: "an input is `step.output`, `step`, `./path` or `/path`",
        },
        examples: [{ model: "generator.model", script: "./analyse.py" }],
        errorMessage: "`inputs` is a mapping of roles to `step.output` or `./path`",
      },
      outputs: {
        type: ["object", "null"],
        description: "What a program writes: file or folder names by output name.",
        propertyNames: { pattern: NAME },
        additionalProperties: {
          type: "string",
          minLength: 1,
          errorMessage: "an output is a file name such as `table.csv`",
        },
        examples: [{ table: "table.csv" }],
        errorMessage: "`outputs` is a mapping of names to file names",
      },
      matrix: {
        type: "object",
        description: "Axes of this step: one instance per combination of values. Consumers inherit the axes.",
        propertyNames: { pattern: NAME },
        additionalProperties: {
          anyOf: [
            { type: "array", minItems: 1, items: { type: ["string", "number", "boolean"] } },
            expressionText("a list"),
          ],
          errorMessage: "an axis is a list of at least one scalar",
        },
        examples: [{ seed: [0, 1, 2] }],
        errorMessage: "`matrix` is a mapping of axes to lists of values",
      },
      over: {
        type: "array",
        description: "Axes to gather: the step gets every instance along them, labelled, and loses the axis.",
        items: { type: "string", pattern: NAME, errorMessage: "`over` lists names of axes" },
        minItems: 1,
        uniqueItems: true,
        examples: [["seed"]],
        errorMessage: "`over` is a list of axes, each once, such as `[seed]`",
      },
      env: {
        description:
          "Environment variables that reach the program, besides a minimal base: a list of names to pass through, or a mapping of names to values. They are part of what identifies the result.",
        anyOf: [
          { type: "array", items: { type: "string", pattern: VARIABLE }, uniqueItems: true },
          {
            type: "object",
            propertyNames: { pattern: VARIABLE },
            additionalProperties: { type: ["string", "number", "boolean"] },
          },
          { type: "null" },
        ],
        examples: [["LANG"], { OMP_NUM_THREADS: 1 }],
        errorMessage: "`env` is a list of names, each once, or a mapping of names to values",
      },
      resources: {
        type: "object",
        description: "What the step takes while it runs. Never part of a result's identity.",
        properties: {
          cpus: count(1, "Cores.", "`cpus` is a whole number of at least 1"),
          gpus: count(0, "GPUs, leased to the step alone.", "`gpus` is a whole number"),
          memory: {
            anyOf: [
              { type: "number", minimum: 0 },
              { type: "string", pattern: SIZE },
              expressionText("a size"),
            ],
            description: "Main memory: `4GB`, `512MiB` or a number of bytes.",
            examples: ["4GB"],
            errorMessage: "`memory` is a size such as `4GB` or `512MiB`, or a number of bytes",
          },
        },
        additionalProperties: false,
        errorMessage: "`resources` is a mapping of `cpus`, `gpus` and `memory`",
      },
      timeout: {
        anyOf: [
          { type: "number", exclusiveMinimum: 0, maximum: 2_073_600 },
          { type: "string", pattern: DURATION },
          expressionText("a length of time"),
        ],
        description:
          "How long one attempt may take: `90s`, `30m`, `1h30m`, `500ms`, or a number of seconds; at most 24 days.",
        examples: ["30m"],
        errorMessage: "`timeout` is a length of time such as `90s`, `30m` or `1h30m`, or a number of seconds",
      },
      retries: {
        ...count(0, "Further attempts after a failure.", "`retries` is a whole number from 0 to 100", 100),
        examples: [1],
      },
    },
    additionalProperties: false,
  };
}

function count(minimum: number, description: string, errorMessage: string, maximum = 100_000): JsonObject {
  const anyOf = [{ type: "integer", minimum, maximum }, expressionText("a whole number")];
  return { anyOf, description, errorMessage };
}

function expressionText(of: string): JsonObject {
  return { type: "string", pattern: "\\$\\{\\{", description: `An expression that gives ${of}.` };
}

function expectation(): JsonObject {
  const source = {
    type: "string",
    description: "Where the expected value comes from.",
    errorMessage: "`source` is a text",
  };
  const over = {
    type: "array",
    items: { type: "string", pattern: NAME, errorMessage: "`over` lists names of axes" },
    uniqueItems: true,
    description: "Axes to take the mean over.",
    errorMessage: "`over` is a list of axes",
  };
  return {
    type: "object",
    description: "A metric with its expected value, or a claim that must hold.",
    errorMessage: "an expectation is a mapping with `metric` or `claim`",
    if: { required: ["claim"] },
    then: {
      required: ["claim", "that"],
      properties: {
        claim: {
          type: "string",
          minLength: 1,
          description: "The claim, in words.",
          errorMessage: "`claim` is a text",
        },
        that: {
          type: "string",
          minLength: 1,
          description: "What must hold of metrics.",
          examples: ["summary.difference >= -0.01"],
          errorMessage: "`that` is a text such as `summary.difference >= -0.01`",
        },
        over,
        source,
      },
      additionalProperties: false,
    },
    else: {
      required: ["metric", "value"],
      properties: {
        metric: {
          type: "string",
          pattern: "^[A-Za-z_][A-Za-z0-9_-]*(\\[[^\\]]*\\])?\\..+$",
          description: "A metric of a step.",
          examples: ["probe.accuracy"],
          errorMessage: "`metric` is `step.metric`, such as `probe.accuracy`",
        },
        value: { type: "number", description: "The expected value.", errorMessage: "`value` is a number" },
        tolerance: {
          type: "number",
          minimum: 0,
          description: "How far off it may be. Default: 0.",
          errorMessage: "`tolerance` is a number of at least 0",
        },
        over,
        source,
      },
      additionalProperties: false,
    },
  };
}
