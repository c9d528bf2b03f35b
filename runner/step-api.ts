/**
 * The one public interface between step kinds and the runner. A kind is one module whose default export is
 * `defineStep({...})`. It sees paths, JSON and numbers; it never sees the store, the graph or other steps.
 * Does not: hold any behaviour of the runner; kinds import this file and nothing else of it, but for what few of them
 * need, which has doors of its own, so that it is in their keys alone: figures-api.ts, statistics-api.ts.
 */
import type { Json, JsonObject, JsonScalar } from "./core/json.js";
import type { Label, Labels } from "./core/labels.js";
import type { RandomStream } from "./core/numbers/philox.js";

export { UserFacingError } from "./core/diagnostic.js";
export type { Json, JsonObject, JsonScalar, Label, Labels, RandomStream };
export type { Draws } from "./core/numbers/philox.js";
export { randomStream } from "./core/numbers/philox.js";

/** A JSON Schema (draft 2020-12) of an object; `default`s are filled in before the step's key is made. */
export type JsonSchema = JsonObject;

/** What a role accepts, in words; `optional: true` lets a pipeline leave it out. */
export interface InputSpec {
  readonly doc: string;
  /** The types of output that the role takes. Without it the role takes anything; outputs without a type fit everywhere. */
  readonly accepts?: string | readonly string[];
  readonly optional?: boolean;
}

/** An artifact that the kind writes: a file or a folder named `path` (default: the output's name). */
export interface OutputSpec {
  readonly doc: string;
  /**
   * What it is, for roles that accept some types alone: `images`, `views`, `generator`, `encoder`, `classifier`,
   * `report`, `table`, `figure` or a name of your own, of lower-case letters, digits and dashes.
   */
  readonly type?: string;
  readonly path?: string;
}

/** One instance of a gathered input (`over:`), with its place on the gathered axes. */
export interface Gathered {
  readonly labels: Labels;
  readonly path: string;
  /**
   * The labels of an earlier instance of which this is no repetition: one and the same result under another label. Where
   * repeats are counted, in a mean or an interval, the two count once.
   */
  readonly sameAs?: Labels;
}

/** What the runner lends to this step: chosen by it, recorded in the result. */
export interface Device {
  /** A backend of the engine: `tensorflow`, `onnx`, `webgpu`, `wasm`, `cpu`. Empty for kinds that are not numeric. */
  readonly backend: string;
  /** Threads that the step may use. */
  readonly cpus: number;
  /** The leased GPUs; `CUDA_VISIBLE_DEVICES` is already set to them. */
  readonly gpus: readonly GpuId[];
}

/** A GPU as the driver names it: its index, or its UUID (`GPU-...`, `MIG-...`) where the user named it so. */
export type GpuId = number | string;

export interface StepContext<W = JsonObject> {
  /** The step's options, validated against the kind's schema, defaults filled in. */
  readonly with: W;
  /** Absolute read-only path by role. A gathered role is a folder with one entry an instance. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The instances of each gathered role, in axis order. */
  readonly gathered: Readonly<Record<string, readonly Gathered[]>>;
  /** Absolute path by output name, to be written as a file or a folder; the parent folder exists. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly device: Device;
  /** Shows the user how far the step is; `total` may be 0 when unknown. Cheap: call it as often as you like. */
  progress(done: number, total: number, note?: string): void;
  /** Records a result. With `at` (an update, an epoch) it is one point of a curve; the last one is the metric. */
  metric(name: string, value: number, at?: number): void;
  /**
   * A part of the work (a shard, a checkpoint) that is kept under a key of its own and reused by any later step
   * of the same kind, code, engine and inputs. `produce(path)` writes a file or folder. Returns its read-only path.
   */
  part(key: Json, produce: (path: string) => Promise<void> | void): Promise<string>;
  /**
   * The same of many parts, from the last to the first, but for what another step is making at this moment: so steps
   * which need the same first parts, and more or fewer beyond, share the making. `produce(i, path)` makes the i-th.
   */
  parts(
    keys: readonly Json[],
    produce: (index: number, path: string) => Promise<void> | void,
  ): Promise<string[]>;
  /** The read-only path of a part that is there already, else nothing. */
  findPart(key: Json): Promise<string | undefined>;
  /** Aborted when the step is cancelled or runs out of time. */
  readonly signal: AbortSignal;
  /** A line of the step's log. */
  log(line: string): void;
  /** A named random stream under the step's seed (`with.seed`, else 0). */
  random(stream: string): RandomStream;
}

export interface StepDefinition<W = JsonObject> {
  /** The name that pipelines give in `uses:`. */
  readonly kind: string;
  /** One line, shown by `vistas steps`. */
  readonly summary: string;
  readonly with: JsonSchema;
  /** Roles; a list of names, or a description or a full spec by name. */
  readonly inputs?: readonly string[] | Readonly<Record<string, string | InputSpec>>;
  /** Outputs; a list of names, or a description or a full spec by name. */
  readonly outputs: readonly string[] | Readonly<Record<string, string | OutputSpec>>;
  /** The kind computes with the tensor engine: its backend, version and precision become part of the key. */
  readonly numeric?: boolean;
  /**
   * Options whose product the step's time grows with, such as `["updates", "batch"]`. Of the instances of a step, those
   * with the most to do start first, so that the cores are done at about the same time.
   */
  readonly effort?: readonly string[];
  run(ctx: StepContext<W>): Promise<void> | void;
}

/** Declares a step kind. Checks the shape at once, so that a mistake shows where it was made. */
export function defineStep<W = JsonObject>(definition: StepDefinition<W>): StepDefinition<W> {
  // The callers may be plain JavaScript: nothing of the type can be taken for granted.
  const given = definition as Partial<Record<keyof StepDefinition, unknown>>;
  const fault = (what: string): never => {
    throw new TypeError(`defineStep(${JSON.stringify(given.kind)}): ${what}`);
  };
  if (typeof given.kind !== "string" || !/^[a-z][a-z0-9-]*$/.test(given.kind)) {
    fault("`kind` must be a name of lower-case letters, digits and dashes");
  }
  if (typeof given.summary !== "string") fault("`summary` must be a line of text");
  if (typeof given.with !== "object" || given.with === null)
    fault("`with` must be a JSON Schema of an object");
  if (typeof given.outputs !== "object" || given.outputs === null)
    fault("`outputs` must name at least one output");
  if (given.effort !== undefined && !isListOfTexts(given.effort))
    fault("`effort` must list names of options");
  if (typeof given.run !== "function") fault("`run` must be a function of the step context");
  return definition;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === "string");
}

/**
 * The engine's choice, made before any key is computed. `numericClass` is what may change a result's bytes:
 * backend, version, precision. The runner treats it as opaque text.
 */
export interface EngineChoice {
  readonly backend: string;
  readonly numericClass: string;
  /** The same machine gives the same bits every time, with any number of threads. */
  readonly deterministic: boolean;
  /** Why this one, in words, for `doctor` and the records. */
  readonly why: string;
  /** What is missing on this machine and would be faster, and how to get it. */
  readonly advice?: string;
}
