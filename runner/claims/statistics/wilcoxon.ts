import { normalCdf, normalQuantile } from "./normal.js";
import { doubledRanks } from "./ranks.js";
import { type Alternative, demand, levelOf, type TestResult, Unanswerable } from "./answer.js";

/**
 * Wilcoxon's signed-rank test of paired differences against a null value (Biometrics Bulletin 1945), zeros dropped as
 * he did. Up to 100 differences the null distribution is exact, given the ranks: with ties too, whose ranks are means.
 * Beyond, normal with the variance corrected for ties. Estimate and interval: Hodges & Lehmann (1963), the median of
 * the means of all pairs, and their order statistics. n counts all differences; at most 1,000.
 *
 * Throws `Unanswerable` where n is so small that the smallest possible p, 2^-n, is not below `alpha`: such a test
 * cannot show anything.
 */
export function wilcoxon(
  differences: readonly number[],
  alternative: Alternative,
  against: number,
  alpha: number,
): TestResult {
  const sides = alternative === "two-sided" ? 2 : 1;
  demand(differences, Math.floor(Math.log2(sides / alpha)) + 1, `a signed-rank test at ${alpha}`);
  if (differences.length > MOST) throw new Unanswerable(`more than ${MOST} differences`);
  const shifted = differences.map(value => value - against).filter(value => value !== 0);
  if (shifted.length === 0) throw new Unanswerable("no difference differs from the null value");
  const ranks = doubledRanks(shifted.map(Math.abs));
  const statistic = ranks.reduce((sum, rank, i) => ((shifted[i] ?? 0) > 0 ? sum + rank : sum), 0) / 2;
  const [atMost, atLeast] =
    ranks.length <= EXACT ? exactTails(ranks, statistic) : normalTails(ranks, statistic);
  const p =
    alternative === "greater"
      ? atLeast
      : alternative === "less"
        ? atMost
        : Math.min(1, 2 * Math.min(atMost, atLeast));
  const level = levelOf(alternative, alpha);
  return { statistic, p, ...hodgesLehmann(differences, level), level, n: differences.length };
}

const MOST = 1000;
const EXACT = 100;

/** P(W <= w) and P(W >= w) where each rank counts or not with probability 1/2. Ranks are doubled: whole numbers. */
function exactTails(doubled: readonly number[], w: number): [atMost: number, atLeast: number] {
  const chances = signedRankChances(doubled);
  let [below, above] = [0, 0];
  chances.forEach((chance, sum) => {
    if (sum <= 2 * w) below += chance;
    if (sum >= 2 * w) above += chance;
  });
  return [Math.min(1, below), Math.min(1, above)];
}

/** Chance of each sum of doubled ranks. */
function signedRankChances(doubled: readonly number[]): Float64Array {
  const chances = new Float64Array(doubled.reduce((sum, rank) => sum + rank, 0) + 1);
  chances[0] = 1;
  let reach = 0;
  for (const rank of doubled) {
    reach += rank;
    for (let sum = reach; sum >= 0; sum--)
      chances[sum] = ((chances[sum] ?? 0) + (sum >= rank ? (chances[sum - rank] ?? 0) : 0)) / 2;
  }
  return chances;
}

function normalTails(doubled: readonly number[], w: number): [atMost: number, atLeast: number] {
  const mean = doubled.reduce((sum, rank) => sum + rank, 0) / 4;
  // Each rank r adds r^2 / 4 to the variance; mean ranks make the correction for ties by themselves.
  const deviation = Math.sqrt(doubled.reduce((sum, rank) => sum + (rank / 2) ** 2 / 4, 0));
  const z = (w - mean) / deviation;
  return [normalCdf(z), normalCdf(-z)];
}

function hodgesLehmann(values: readonly number[], level: number): Pick<TestResult, "estimate" | "interval"> {
  const n = values.length;
  const means = new Float64Array((n * (n + 1)) / 2);
  let k = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) means[k++] = ((values[i] ?? 0) + (values[j] ?? 0)) / 2;
  means.sort();
  const middle = means.length / 2;
  const estimate = ((means[Math.ceil(middle) - 1] ?? 0) + (means[Math.floor(middle)] ?? 0)) / 2;
  const out = quantileOfSums(n, (1 - level) / 2);
  // With so few values even the widest interval there is would not reach the level.
  if (out === 0) return { estimate, interval: null };
  return { estimate, interval: [means[out - 1] ?? NaN, means[means.length - out] ?? NaN] };
}

/** The least w with P(W <= w) >= p, for n values without ties. */
function quantileOfSums(n: number, p: number): number {
  if (n > EXACT) {
    const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.max(0, Math.round((n * (n + 1)) / 4 + normalQuantile(p) * deviation));
  }
  const chances = signedRankChances(Array.from({ length: n }, (_, i) => i + 1));
  let sum = 0;
  for (const [w, chance] of chances.entries()) if ((sum += chance) >= p) return w;
  return 0;
}
