import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UsageError, type Diagnostic } from "../../runner/core/diagnostic.js";
import { loadPipeline, type LoadedPipeline, type LoadOptions } from "../../runner/pipeline/load-pipeline.js";
import { kindOf } from "../../runner/pipeline/kinds/kind-of.js";
import type { Kind, Kinds } from "../../runner/pipeline/schema/kinds.js";
import { defineStep } from "../../runner/step-api.js";

/** A folder with files in it; removed by `remove`. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): {
  path: string;
  remove: () => void;
} {
  const path = mkdtempSync(join(tmpdir(), "vistas-spec-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** Two kinds with the shapes that matter: required and optional roles, one and several outputs, nested options. */
const definitions = [
  defineStep({
    kind: "make-data",
    summary: "Makes data.",
    with: {
      type: "object",
      properties: {
        count: { type: "integer", minimum: 1, default: 10 },
        source: { type: "string" },
        kind: { enum: ["train", "test"] },
      },
    },
    outputs: { images: "Images.", labels: { doc: "Labels.", path: "labels.npy" } },
    run: () => undefined,
  }),
  defineStep({
    kind: "train-model",
    summary: "Trains a model.",
    with: {
      type: "object",
      properties: {
        seed: { type: "integer", default: 0 },
        rate: { type: "number", exclusiveMinimum: 0 },
        transform: {
          type: "object",
          default: {},
          properties: { kind: { enum: ["gaussian", "none"], default: "none" }, sigma: { type: "number" } },
          additionalProperties: false,
        },
      },
      required: ["rate"],
    },
    inputs: { data: "What to train on.", start: { doc: "Weights to begin with.", optional: true } },
    outputs: ["weights"],
    numeric: true,
    run: () => undefined,
  }),
];

const kindsByName = new Map<string, Kind>(
  definitions.map(definition => [definition.kind, kindOf(definition, `/kinds/${definition.kind}.js`, false)]),
);

export const kinds: Kinds = {
  names: [...kindsByName.keys()],
  get: name => Promise.resolve(kindsByName.get(name)),
};

export function load(text: string | undefined, options: Partial<LoadOptions> = {}): Promise<LoadedPipeline> {
  return loadPipeline({
    file: "p.yaml",
    cwd: tmpdir(),
    kinds,
    env: {},
    ...(text !== undefined && { text }),
    ...options,
  });
}

/** The diagnostics of a load that must fail. */
export async function mistakes(
  text: string | undefined,
  options: Partial<LoadOptions> = {},
): Promise<readonly Diagnostic[]> {
  try {
    await load(text, options);
  } catch (error) {
    if (error instanceof UsageError) return error.diagnostics;
    throw error;
  }
  throw new Error(`nothing is wrong with:\n${text ?? ""}`);
}

/** `code line:column`, as golden lists hold them. */
export function brief({ code, range }: Diagnostic): string {
  return range === undefined ? code : `${code} ${range.start.line}:${range.start.column}`;
}
