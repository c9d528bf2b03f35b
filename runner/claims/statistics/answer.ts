/** What is claimed of a quantity: that it lies above a value (the default of every claim), below it, or elsewhere. */
export type Alternative = "greater" | "less" | "two-sided";

/** The outcome of a statistical test over independent repeats. */
export interface TestResult {
  /** The test's own statistic: t, W+, L. */
  readonly statistic: number;
  readonly p: number;
  /** What the test is about, estimated: a mean, a pseudo-median, a rank correlation. */
  readonly estimate: number;
  /** A two-sided interval for it at `level`; null where the test has none. */
  readonly interval: readonly [low: number, high: number] | null;
  /**
   * Confidence of the interval: 1 - alpha of a two-sided test, 1 - 2 alpha of a one-sided one, so that the
   * interval leaves the null value out exactly when the (uncorrected) test rejects.
   */
  readonly level: number;
  /** Repeats (pairs, blocks) that went in. */
  readonly n: number;
}

/** There is no answer: too few repeats, no spread, not a number. Such a claim has failed; it never holds. */
export class Unanswerable extends Error {
  override readonly name = "Unanswerable";
}

/** A metric is NaN or infinite: whatever is said of it does not hold. */
export class NotFinite extends Unanswerable {
  constructor(
    message: string,
    /** The metric's values, one an instance. */
    readonly values: readonly number[],
  ) {
    super(message);
  }
}

/** Throws `Unanswerable` for values that are not finite, or fewer of them than `least`. */
export function demand(values: readonly number[], least: number, test: string): void {
  const odd = values.find(value => !Number.isFinite(value));
  if (odd !== undefined) throw new Unanswerable(`${odd} is not a finite number`);
  if (values.length < least)
    throw new Unanswerable(`n = ${values.length} is too small for ${test}, which needs ${least}`);
}

/** The confidence of the interval that goes with a test at `alpha`. */
export function levelOf(alternative: Alternative, alpha: number): number {
  return alternative === "two-sided" ? 1 - alpha : 1 - 2 * alpha;
}

/** Mean and standard error of the mean of at least two values. Throws `Unanswerable` where they do not differ. */
export function meanAndError(values: readonly number[], test: string): { mean: number; error: number } {
  const n = values.length;
  if (values.every(value => value === values[0]))
    throw new Unanswerable(`all ${n} values are equal: ${test} has no spread to go by`);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}
