import { studentQuantile, studentTail } from "../../core/numbers/student.js";
import { type Alternative, demand, levelOf, meanAndError, type TestResult } from "./answer.js";

/**
 * Student's t-test of paired differences against a null value (Student, "The probable error of a mean", Biometrika
 * 1908): the mean is `alternative` to `against`. For independent, near normal differences; n >= 2.
 * Throws `Unanswerable` for fewer, or where all are equal.
 */
export function pairedT(
  differences: readonly number[],
  alternative: Alternative,
  against: number,
  alpha: number,
): TestResult {
  demand(differences, 2, "a t-test");
  const n = differences.length;
  const { mean, error } = meanAndError(differences, "a t-test");
  const t = (mean - against) / error;
  const level = levelOf(alternative, alpha);
  const half = studentQuantile((1 + level) / 2, n - 1) * error;
  return {
    ...{ statistic: t, p: tail(t, n - 1, alternative), estimate: mean },
    ...{ interval: [mean - half, mean + half], level, n },
  };
}

/**
 * Equivalence by two one-sided t-tests (Schuirmann 1987): the mean of the paired differences lies within `margin` of
 * 0. p is the larger of the two; its interval at 1 - 2 alpha lies inside (-margin, margin) exactly when p < alpha.
 */
export function tost(differences: readonly number[], margin: number, alpha: number): TestResult {
  demand(differences, 2, "an equivalence test");
  const above = pairedT(differences, "greater", -margin, alpha);
  const below = pairedT(differences, "less", margin, alpha);
  return above.p > below.p ? above : below;
}

function tail(t: number, df: number, alternative: Alternative): number {
  switch (alternative) {
    case "greater":
      return studentTail(t, df);
    case "less":
      return studentTail(-t, df);
    case "two-sided":
      return Math.min(1, 2 * studentTail(Math.abs(t), df));
  }
}
