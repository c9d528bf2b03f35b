import { Ajv2020 } from "ajv/dist/2020.js";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  type Device,
  type Gathered,
  type Json,
  type JsonObject,
  randomStream,
  type StepContext,
  type StepDefinition,
} from "../../runner/step-api.js";
import { canonicalJson } from "../../steps/formats/json.js";
import { statedMetrics } from "../../steps/stated-metrics.js";
import { tempFolder } from "./temp.js";

export interface FakeOptions {
  readonly with?: JsonObject;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly gathered?: Readonly<Record<string, readonly Gathered[]>>;
  readonly device?: Partial<Device>;
  readonly signal?: AbortSignal;
  /** Folder of parts to share between contexts; by default each has its own. */
  readonly parts?: string;
}

/** A step's run, outside any runner: what it was given and what it told. */
export interface FakeRun<W> {
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

/** Runs a kind as the runner would: options validated with defaults filled in, a folder of outputs, parts kept. */
export async function runKind<W>(
  definition: StepDefinition<W>,
  options: FakeOptions = {},
): Promise<FakeRun<W>> {
  const fake = fakeRun(definition, options);
  await definition.run(fake.ctx);
  checkStated(definition.kind, fake);
  return fake;
}

/** Throws unless the artifacts state each metric as steps/stated-metrics.ts says that they do. */
function checkStated(kind: string, { metrics, outputs }: Pick<FakeRun<never>, "metrics" | "outputs">): void {
  for (const [metric, [output, file, path]] of Object.entries(statedMetrics[kind] ?? {})) {
    if (metrics[metric] === undefined || !Number.isFinite(metrics[metric])) continue;
    const text = readFileSync(join(outputs[output] ?? "", file), "utf8");
    let value: unknown = JSON.parse(text);
    for (const name of path.split(".")) value = (value as Record<string, unknown>)[name];
    if (value !== metrics[metric])
      throw new Error(
        `${kind}: ${metric} is ${metrics[metric]}, and ${output}/${file} says ${String(value)}`,
      );
  }
}

/** The context alone, for tests that call a kind's parts. */
export function fakeRun<W>(definition: StepDefinition<W>, options: FakeOptions = {}): FakeRun<W> {
  const given = resolveOptions(definition, options.with ?? {});
  const folder = tempFolder();
  const parts = options.parts ?? join(folder, "parts");
  const outputs = Object.fromEntries(outputNames(definition).map(name => [name, join(folder, name)]));
  const pathOf = (key: Json): string =>
    join(
      parts,
      createHash("sha256")
        .update(canonicalJson([definition.kind, key]))
        .digest("hex"),
    );
  const fake: Omit<FakeRun<W>, "ctx"> = { outputs, metrics: {}, curves: {}, log: [], progress: [], made: [] };
  const seed = given["seed"];
  const ctx: StepContext<W> = {
    with: given as W,
    inputs: options.inputs ?? {},
    gathered: options.gathered ?? {},
    outputs,
    device: { backend: "cpu", cpus: 1, gpus: [], ...options.device },
    progress: (done, total, note = "") => void fake.progress.push([done, total, note]),
    metric(name, value, at) {
      fake.metrics[name] = value;
      if (at !== undefined) (fake.curves[name] ??= []).push([at, value]);
    },
    async part(key, produce) {
      const path = pathOf(key);
      if (existsSync(path)) return path;
      await mkdir(parts, { recursive: true });
      await produce(`${path}.new`);
      await rename(`${path}.new`, path);
      fake.made.push(key);
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
    log: line => void fake.log.push(line),
    random: stream => randomStream(typeof seed === "number" || typeof seed === "string" ? seed : 0, stream),
  };
  return { ...fake, ctx };
}

/** Options as the runner hands them over; throws what the schema has against them. */
export function resolveOptions<W>(definition: StepDefinition<W>, given: JsonObject): JsonObject {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true });
  const options = structuredClone(given);
  if (!ajv.validate(definition.with, options))
    throw new Error(ajv.errorsText(ajv.errors, { dataVar: "with" }));
  return options;
}

function outputNames<W>({ outputs }: StepDefinition<W>): readonly string[] {
  return Array.isArray(outputs) ? (outputs as readonly string[]) : Object.keys(outputs);
}
