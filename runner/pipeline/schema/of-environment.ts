import type { JsonObject } from "../../core/json.js";

/** What an environment may be: each is a key of its own, and one alone is given. */
export const ENVIRONMENTS = ["uv", "venv", "conda", "npm", "container"] as const;

/** The schema of `environment:`, of a pipeline or a step. */
export function environmentSchema(description: string): JsonObject {
  return {
    type: ["object", "string"],
    pattern: "^none$",
    description,
    minProperties: 1,
    properties: {
      venv: path(
        "A virtual environment of Python that is there: its folder. It counts by its interpreter and what is installed.",
        "./.venv",
      ),
      conda: path(
        "A conda environment that is there: its folder (`conda env list` shows it). It counts by its packages.",
        "/opt/conda/envs/paper",
      ),
      uv: path(
        "A `uv.lock` with its `pyproject.toml` beside it: vistas builds the environment once, by `uv sync --frozen`, outside the project.",
        "./uv.lock",
      ),
      npm: path(
        "A `package-lock.json` with its `package.json` beside it: vistas builds the packages once, by `npm ci`, outside the project.",
        "./package-lock.json",
      ),
      container: {
        type: "string",
        minLength: 1,
        description:
          "An image by its digest: each step runs in a container of its own, by apptainer, podman or docker, whichever is there.",
        examples: ["docker.io/library/python@sha256:..."],
        errorMessage: "`container` is an image with its digest: `IMAGE@sha256:...`",
      },
      groups: names("Of `uv`: dependency groups beside the project's dependencies.", "train"),
      extras: names("Of `uv`: extras (optional dependencies) of the project.", "cpu"),
      dev: {
        type: "boolean",
        description: "Of `npm`: with the `devDependencies`.",
        errorMessage: "`dev` is true or false",
      },
    },
    additionalProperties: false,
    examples: [{ uv: "./uv.lock" }, { venv: "./.venv" }],
    errorMessage:
      "an environment is one of `{ uv: ./uv.lock }`, `{ venv: ./.venv }`, `{ conda: PREFIX }`, `{ npm: ./package-lock.json }` and `{ container: IMAGE@sha256:... }`, or `none`",
  };
}

function path(description: string, example: string): JsonObject {
  return {
    type: "string",
    pattern: "^(?:\\.?/|\\$\\{\\{)",
    description,
    examples: [example],
    errorMessage: `a path is written \`${example}\`: it begins with \`./\` (the project's folder) or \`/\``,
  };
}

function names(description: string, example: string): JsonObject {
  return {
    type: "array",
    description,
    items: {
      type: "string",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
      errorMessage: "a name is letters, digits, `.`, `_` and `-`",
    },
    uniqueItems: true,
    examples: [[example]],
    errorMessage: `this is a list of names, each once, such as \`[${example}]\``,
  };
}
