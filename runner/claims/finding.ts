import type { Expectation } from "./expectation.js";

/** An expectation beside the results. */
export interface Check {
  readonly type: Expectation["type"];
  /** The metric, or the claim in words. */
  readonly name: string;
  /** Axes that a metric's mean is taken over. */
  readonly over: readonly string[];
  /** The value, or what must hold. */
  readonly expected: number | string;
  /** Null where there is no answer. */
  readonly actual: number | boolean | null;
  /** In the metric's unit; of an equivalence test its margin. */
  readonly tolerance: number | null;
  readonly interval: readonly [low: number, high: number] | null;
  /** Where `actual` must lie; an end that is null is open. Null where there is no one such range. */
  readonly wanted: readonly [low: number | null, high: number | null] | null;
  /** Confidence of the interval. */
  readonly level: number | null;
  /** Values that `actual` rests on. */
  readonly n: number;
  /** After the family's correction. */
  readonly p: number | null;
  readonly ok: boolean;
  /** By how much it holds or fails, or why there is no answer. */
  readonly note: string;
  readonly source: string;
}

/** What a check finds out; its name, source and kind come from the expectation. */
export type Finding = Omit<Check, "type" | "name" | "over" | "source">;
