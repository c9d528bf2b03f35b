/**
 * `vistas/testing`: runs a kind in a test, outside any pipeline, as the runner would: options checked with defaults
 * filled in, outputs in a folder, parts kept, and all that the kind reports.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson } from "./cache/canonical.js";
import type { Json, JsonObject } from "./core/json.js";
import { compileSchema } from "./pipeline/schema/ajv.js";
import {
  type Device,
  type Gathered,
  randomStream,
  type StepContext,
  type StepDefinition,
} from "./step-api.js";

export interface KindOptions {
  readonly with?: JsonObject;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly gathered?: Readonly<Record<string, readonly Gathered[]>>;
  /** By default `{ backend: "cpu", cpus: 1, gpus: [] }`. */
  readonly device?: Partial<Device>;
  readonly signal?: AbortSignal;
  /** For the outputs; by default a new temporary one, which the caller removes. */
  readonly folder?: string;
  /** Folder of parts to share between runs; by default each run has its own. */
  readonly parts?: string;
}

/** What a kind was given and what it reported. */
export interface KindRun<W = JsonObject> {
  readonly ctx: StepContext<W>;
  /** Path by output name. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly metrics: Record<string, number>;
  readonly curves: Record<string, [at: number, value: number][]>;
  readonly log: string[];
  readonly progress: [done: number, total: number, note: string][];
  /** Keys of the parts that were made, and not found. */
  readonly made: Json[];
}

/** Runs the kind. Throws what it throws, and what its schema has against the options. */
export async function runKind<W>(
  definition: StepDefinition<W>,
  options: KindOptions = {},
): Promise<KindRun<W>> {
  const run = kindRun(definition, options);
  await definition.run(run.ctx);
  return run;
}

/** The context alone, for tests that call a kind's parts. */
export function kindRun<W>(definition: StepDefinition<W>, options: KindOptions = {}): KindRun<W> {
  const given = resolveOptions(definition, options.with ?? {});
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "vistas-kind-"));
  const parts = options.parts ?? join(folder, "parts");
  const outputs = Object.fromEntries(outputNames(definition).map(name => [name, join(folder, name)]));
  const pathOf = (key: Json): string => {
    const bytes = canonicalJson([definition.kind, key]);
    return join(parts, createHash("sha256").update(bytes).digest("hex"));
  };
  const run: Omit<KindRun<W>, "ctx"> = { outputs, metrics: {}, curves: {}, log: [], progress: [], made: [] };
  const seed = given["seed"];
  const ctx: StepContext<W> = {
    with: given as W,
    inputs: options.inputs ?? {},
    gathered: options.gathered ?? {},
    outputs,
    device: { backend: "cpu", cpus: 1, gpus: [], ...options.device },
    progress: (done, total, note = "") => void run.progress.push([done, total, note]),
    metric(name, value, at) {
      run.metrics[name] = value;
      if (at !== undefined) (run.curves[name] ??= []).push([at, value]);
    },
    async part(key, produce) {
      const path = pathOf(key);
      if (existsSync(path)) return path;
      await mkdir(parts, { recursive: true });
      await produce(`${path}.new`);
      await rename(`${path}.new`, path);
      run.made.push(key);
      return path;
    },
    parts: async (keys, produce) => {
      const paths: string[] = [];
      for (const [i, key] of keys.entries()) paths.push(await ctx.part(key, path => produce(i, path)));
      return paths;
    },
    findPart: key => {
      const path = pathOf(key);
      return Promise.resolve(existsSync(path) ? path : undefined);
    },
    signal: options.signal ?? new AbortController().signal,
    log: line => void run.log.push(line),
    random: stream => randomStream(typeof seed === "number" || typeof seed === "string" ? seed : 0, stream),
  };
  return { ...run, ctx };
}

/** Options as the runner hands them over. Throws what the schema has against them. */
export function resolveOptions<W>(definition: StepDefinition<W>, given: JsonObject): JsonObject {
  const options = structuredClone(given);
  const validate = compileSchema(definition.with, true);
  if (validate(options)) return options;
  const faults = (validate.errors ?? []).map(
    ({ instancePath, message = "" }) => `with${instancePath.replaceAll("/", ".")} ${message}`,
  );
  throw new Error(faults.join(", "));
}

function outputNames<W>({ outputs }: StepDefinition<W>): readonly string[] {
  return Array.isArray(outputs) ? (outputs as readonly string[]) : Object.keys(outputs);
}
