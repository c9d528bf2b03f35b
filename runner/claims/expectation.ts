import type { JsonPath } from "../core/json.js";
import type { Expression, MetricRef } from "./language/ast.js";
import type { Alternative } from "./statistics/answer.js";

/** What `vistas reproduce` holds a run against: an entry of `expect:`. */
export type Expectation = MetricExpectation | Claim | TestClaim;

interface Entry {
  /** Where the expected value comes from, in words. */
  readonly source: string;
  /** Where the entry stands in the pipeline. */
  readonly at: JsonPath;
}

/** A metric, or its mean over some axes, lies within `tolerance` of a value. */
export interface MetricExpectation extends Entry, Expected {
  readonly type: "metric";
  readonly metric: MetricRef;
  readonly over: readonly string[];
  /** What else is expected on an engine, by its backend's name. */
  readonly engines: Readonly<Record<string, Partial<Expected>>>;
}

export interface Expected {
  /** `locked`: what the lock has, whatever that is. */
  readonly value: number | "locked";
  readonly tolerance: Tolerance;
}

/** In the metric's own unit; as a share of the expected value; in standard errors of the mean over the axes. */
export interface Tolerance {
  readonly unit: "absolute" | "relative" | "se";
  readonly amount: number;
}

/** An expression that must hold, at every place on its axes. */
export interface Claim extends Entry {
  readonly type: "claim";
  readonly claim: string;
  /** As written. */
  readonly that: string;
  readonly expression: Expression;
}

/** A claim that a statistical test must bear out. */
export interface TestClaim extends Entry {
  readonly type: "test";
  readonly claim: string;
  /** The quantity, as written: one value a repeat. */
  readonly of: string;
  readonly expression: Expression;
  readonly test: TestName;
  readonly alternative: Alternative;
  /** The null value. */
  readonly against: number;
  /** Of `tost`. */
  readonly margin: number;
  /** Of `trend`: the axis of the sweep. */
  readonly along: string;
  readonly alpha: number;
  /** Tests of one family share an error rate (Holm); `""`: on its own. */
  readonly family: string;
  /** How many repeats there must be, if that was stated. */
  readonly n: number | undefined;
  /** Of the bootstrap's resamples. */
  readonly seed: number;
}

export const testNames = ["paired-t", "wilcoxon", "bootstrap", "tost", "trend"] as const;
export type TestName = (typeof testNames)[number];

/** `0.01`, `"2%"`, `"2 se"`; undefined for any other text. */
export function readTolerance(given: number | string): Tolerance | undefined {
  if (typeof given === "number") return { unit: "absolute", amount: given };
  const [, amount, unit] = TOLERANCE.exec(given) ?? [];
  if (amount === undefined) return undefined;
  return unit === "%"
    ? { unit: "relative", amount: Number(amount) / 100 }
    : { unit: "se", amount: Number(amount) };
}

export const TOLERANCE = /^\s*(\d+(?:\.\d+)?)\s*(%|se)\s*$/;
