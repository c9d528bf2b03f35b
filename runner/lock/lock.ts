import { byCodeUnit, isObject, type Json, type JsonObject } from "../core/json.js";
import type { ArtifactRef, Fingerprint, FingerprintInput, RunRecord, StepResult } from "../core/record.js";
import { canonicalJson } from "../cache/canonical.js";
import { sha256 } from "../cache/hash.js";

/** How far a step repeats itself on one machine, as `reproduce --twice` found. */
export type DeterminismLabel = "exact" | "within tolerance" | "stochastic";

/** A published run: what it was made from, and the result of each step. Kept beside the pipeline, in version control. */
export interface Lock {
  readonly pipeline: string;
  readonly params: JsonObject;
  /** Versions and processor, without the machine's name. */
  readonly environment: JsonObject;
  /** Numeric classes of the engines that took part. */
  readonly engines: readonly string[];
  /** In code-unit order of the id. */
  readonly steps: ReadonlyMap<string, LockedStep>;
}

export interface LockedStep {
  readonly key: string;
  /** As `whatCounts` gives it. */
  readonly fingerprint: Fingerprint;
  readonly outputs: Readonly<Record<string, ArtifactRef>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly label?: DeterminismLabel;
}

/** The lock of a run. Every step must have a result. */
export function makeLock(
  run: RunRecord,
  results: readonly StepResult[],
  labels: (id: string) => DeterminismLabel | undefined,
): Lock {
  const engines = new Set<string>();
  const steps = results.flatMap(({ step, record }): [string, LockedStep][] => {
    if (record === null) return [];
    const { key, fingerprint, outputs, metrics } = record;
    if (fingerprint.numeric !== "") engines.add(fingerprint.numeric);
    const label = labels(step.id);
    const locked = { key, fingerprint: whatCounts(fingerprint), outputs, metrics };
    return [[step.id, label === undefined ? locked : { ...locked, label }]];
  });
  return {
    ...{ pipeline: run.pipeline, params: run.params, environment: withoutHost(run.environment) },
    engines: [...engines].sort(byCodeUnit),
    steps: new Map(steps.sort(([a], [b]) => byCodeUnit(a, b))),
  };
}

/**
 * A fingerprint as a lock holds it: enough to name what differs, in less. Code digests are cut to 16 digits; values of
 * environment variables, which may be no one else's business, are replaced by a digest.
 */
export function whatCounts(print: Fingerprint): Fingerprint {
  const code = Object.entries(print.code).map(([module, digest]) => [module, digest.slice(0, 16)] as const);
  const env = Object.entries(print.env).map(
    ([name, value]) => [name, value === null ? null : `sha256:${sha256(value).slice(0, 16)}`] as const,
  );
  const programs = print.programs?.map(program => ({ ...program, digest: program.digest.slice(0, 16) }));
  return {
    ...print,
    ...{ code: Object.fromEntries(code), env: Object.fromEntries(env) },
    ...(programs === undefined ? {} : { programs }),
  };
}

/** A digest of anything in JSON, in 16 hex digits: enough to find an edit out, though not one by a forger. */
export function checkOf(value: unknown): string {
  return sha256(canonicalJson(value as Json)).slice(0, 16);
}

export function isFingerprintInputs(value: Json | undefined): value is Json & readonly FingerprintInput[] {
  return Array.isArray(value) && value.every(input => isObject(input as Json));
}

function withoutHost(environment: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name !== "host"));
}
