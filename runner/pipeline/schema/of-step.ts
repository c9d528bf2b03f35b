import type { JsonObject } from "../../core/json.js";
import { environmentSchema } from "./of-environment.js";
import { NAME, VARIABLE } from "./names.js";
import { DURATION, SIZE } from "./units.js";

/** A template is a part of a step: it is checked as a step where one extends it, and editors show what it may hold. */
export function templateSchema(): JsonObject {
  const { properties } = stepSchema();
  return {
    type: "object",
    description: "A part of a step, for steps and other templates that `extends` it.",
    errorMessage: "a template is a mapping as a step is",
    ...(properties !== undefined && { properties }),
  };
}

/** The schema of one step: what holds of every kind, and of commands. */
export function stepSchema(): JsonObject {
  return {
    type: "object",
    description: "One step: a kind (`uses`) with options, or any program (`run`).",
    errorMessage: "a step is a mapping with `uses` or `run`",
    anyOf: [
      { required: ["uses"] },
      { required: ["run"] },
      { required: ["pipeline"] },
      { required: ["extends"] },
    ],
    allOf: NOT_TOGETHER.map(required => ({ not: { type: "object", required } })),
    dependentRequired: {
      deterministic: ["uses"],
      scan: ["start"],
      start: ["scan"],
      files: ["run"],
      environment: ["run"],
      sandbox: ["run"],
      network: ["run"],
      repeats: ["run"],
    },
    properties: {
      description: {
        type: "string",
        description: "What the step is for.",
        errorMessage: "`description` is a text",
      },
      extends: {
        type: "string",
        minLength: 1,
        description:
          "A template of the pipeline, which the step is laid over: mappings are merged deeply and the step wins; lists and scalars replace.",
        examples: ["encoder"],
        errorMessage: "`extends` is the name of a template",
      },
      pipeline: {
        type: "string",
        pattern: "^\\.?/",
        description:
          "Another pipeline, whose steps are `NAME/step` here: `with` gives its params, `inputs` its declared inputs, and its declared outputs are those of the step. `matrix` and `when` hold for all its steps.",
        examples: ["./block.yaml"],
        errorMessage: "`pipeline` is the path of a pipeline file, such as `./block.yaml`",
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
          "Any program: a list of words, or a text for the shell, in which each expression becomes one quoted word. Words keep their spelling: `1.10` stays `1.10`. It runs in an empty folder of its own; `${{ inputs.role }}` and `${{ outputs.name }}` are absolute paths.",
        anyOf: [
          { type: "string", pattern: "\\S" },
          { type: "array", minItems: 1, items: { type: ["string", "number", "boolean", "null"] } },
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
        description:
          "What a program writes: file or folder names by output name. Of a kind, which of its outputs are temporary. A temporary output goes when all steps of a run that take from the step are done, and is made again when one of them must run.",
        propertyNames: { pattern: NAME },
        additionalProperties: {
          anyOf: [
            { type: "string", minLength: 1 },
            {
              type: "object",
              minProperties: 1,
              properties: {
                path: {
                  type: "string",
                  minLength: 1,
                  errorMessage: "`path` is a file name such as `model.pt`",
                },
                temporary: { type: "boolean", errorMessage: "`temporary` is true or false" },
              },
              additionalProperties: false,
            },
          ],
          errorMessage:
            "an output is a file name such as `table.csv`, or `{ path: model.pt, temporary: true }`",
        },
        examples: [{ table: "table.csv", model: { path: "model.pt", temporary: true } }],
        errorMessage: "`outputs` is a mapping of names to file names",
      },
      files: {
        type: ["object", "null"],
        description:
          "Files that are written into the program's folder before it starts: a mapping or list as YAML, JSON or TOML by the file's ending, a text as it is. Their content is part of what identifies the result.",
        propertyNames: { minLength: 1 },
        examples: [{ "config.yaml": "${{ params.model }}" }],
        errorMessage: "`files` is a mapping of file names to what they hold",
      },
      matrix: {
        type: "object",
        description: "Axes of this step: one instance per combination of values. Consumers inherit the axes.",
        propertyNames: { pattern: NAME },
        properties: {
          include: combinations(
            "Combinations beside those of the axes: each is one more instance, and names every axis.",
          ),
          exclude: combinations(
            "Combinations that are left out: those that agree on the axes that are named.",
          ),
        },
        additionalProperties: {
          anyOf: [
            { type: "array", minItems: 1, items: { type: ["string", "number", "boolean", "null"] } },
            axisForms(),
            expressionText("a list"),
          ],
          errorMessage:
            "an axis is a list of at least one scalar, `{from, to, step}`, `{log: [from, to], n}`, `{files: ./data/*.csv}` or `{from: STEP.OUTPUT}`",
        },
        examples: [
          { seed: [0, 1, 2] },
          { sigma: { from: 0.1, to: 0.5, step: 0.1 }, exclude: [{ sigma: 0.2 }] },
        ],
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
      when: {
        type: ["string", "boolean"],
        description:
          "A condition over `params` and `matrix`: instances of which it is false are left out, with all that takes from them.",
        examples: ["params.audit and matrix.seed == 0"],
        errorMessage: "`when` is a condition such as `params.audit and matrix.seed == 0`",
      },
      scan: {
        type: "string",
        pattern: NAME,
        description:
          "Chains the instances along an axis: an input from the step itself (`previous: chain.state`) is the output of the instance before; the first one takes `start`.",
        examples: ["seed"],
        errorMessage: "`scan` is the name of an axis",
      },
      start: {
        type: "string",
        minLength: 1,
        description: "What the first instance of a chain takes: `step.output`, `./path` or `/path`.",
        examples: ["./init.json"],
        errorMessage: "`start` is `step.output`, `step`, `./path` or `/path`",
      },
      repeats: {
        type: "boolean",
        description:
          "The program draws random numbers of its own, and the step's axes repeat it: the labels of an instance are part of what identifies its result, so that each is a draw of its own.",
        errorMessage: "`repeats` is true or false; how often is the number of values of an axis",
      },
      env: {
        description:
          "Environment variables that reach the program, besides a minimal base: a list of names to pass through, or a mapping of names to values. They are part of what identifies the result.",
        anyOf: [
          {
            type: "array",
            items: { type: "string", pattern: VARIABLE, errorMessage: "`env` lists names of variables" },
            uniqueItems: true,
          },
          {
            type: "object",
            propertyNames: { pattern: VARIABLE },
            additionalProperties: { type: ["string", "number", "boolean", "null"] },
          },
          { type: "null" },
        ],
        examples: [["LANG"], { OMP_NUM_THREADS: 1 }],
      },
      environment: environmentSchema(
        "Where the program of `run` finds what it runs on, instead of the pipeline's `environment`; `none`: on the PATH of the call.",
      ),
      secrets: {
        type: ["array", "null"],
        description:
          "Environment variables that reach the program and must be told nowhere: their values are taken from the environment when the step runs, masked in logs, and are no part of what identifies the result.",
        items: { type: "string", pattern: VARIABLE, errorMessage: "a secret is the name of a variable" },
        uniqueItems: true,
        examples: [["HF_TOKEN"]],
        errorMessage: "`secrets` is a list of names of variables, each once",
      },
      pass: {
        type: ["array", "null"],
        description:
          "Environment variables that reach the program and change nothing in its result, such as proxies and sockets: their values are no part of what identifies it.",
        items: { type: "string", pattern: VARIABLE, errorMessage: "`pass` lists names of variables" },
        uniqueItems: true,
        examples: [["HTTP_PROXY", "SSH_AUTH_SOCK"]],
        errorMessage: "`pass` is a list of names of variables, each once",
      },
      sandbox: {
        type: "boolean",
        description:
          "The program sees what the step declares and nothing else of your files, and no network unless `network: true`.",
        errorMessage: "`sandbox` is true or false",
      },
      network: {
        type: "boolean",
        description: "Of a step with `sandbox: true` or in a container: whether the network can be reached.",
        errorMessage: "`network` is true or false",
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
      deterministic: {
        type: "boolean",
        description:
          "Refuse a tensor engine that does not give the same bits every time, before anything runs (`vistas doctor` tells what each promises). Never part of a result's identity.",
        errorMessage: "`deterministic` is true or false",
      },
    },
    additionalProperties: false,
  };
}

/** Which keys belong together is said where they are read. */
function axisForms(): JsonObject {
  const number = (description: string): JsonObject => ({ description });
  return {
    type: "object",
    minProperties: 1,
    properties: {
      from: number(
        "The first of numbers that are a step apart; or `STEP.OUTPUT`, a JSON list that a step makes: one instance for each item.",
      ),
      to: number("The last of them."),
      step: number("How far they are apart; 1 if left out."),
      log: { description: "The first and the last of numbers that are a factor apart: `[1e-4, 1]`." },
      n: number("How many numbers `log` gives, both ends among them."),
      files: {
        description:
          "A pattern such as `./data/*.csv`: a value for each file that matches, its path, which an input reads as `${{ matrix.name }}`.",
      },
    },
  };
}

function combinations(description: string): JsonObject {
  const anyOf = [{ type: "array", minItems: 1, items: { type: "object" } }, expressionText("a list")];
  const errorMessage =
    "combinations are a list of mappings from axes to values, such as `[{ sigma: 8, seed: 0 }]`; an axis must have another name";
  return { anyOf, description, errorMessage };
}

/** Keys that say two things at once. */
const NOT_TOGETHER: readonly (readonly string[])[] = [
  ["uses", "run"],
  ["pipeline", "uses"],
  ["pipeline", "run"],
  ["run", "with"],
  ...[
    "over",
    "outputs",
    "env",
    "pass",
    "secrets",
    "environment",
    "scan",
    "start",
    "resources",
    "timeout",
    "retries",
  ].map(key => ["pipeline", key]),
];

function count(minimum: number, description: string, errorMessage: string, maximum = 100_000): JsonObject {
  const anyOf = [{ type: "integer", minimum, maximum }, expressionText("a whole number")];
  return { anyOf, description, errorMessage };
}

function expressionText(of: string): JsonObject {
  return { type: "string", pattern: "\\$\\{\\{", description: `An expression that gives ${of}.` };
}
