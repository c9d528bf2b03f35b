import { normalCdf } from "./normal.js";
import { doubledRanks } from "./ranks.js";
import { demand, levelOf, type Alternative, type TestResult, Unanswerable } from "./answer.js";

/**
 * Page's trend test for ordered treatments (Page, "Ordered hypotheses for multiple treatments", JASA 1963): along k
 * ordered points of a sweep, values rise (`greater`) or fall (`less`) in each of n blocks. Made for sweeps whose blocks
 * are seeds: it compares within a block only, so what is common to a seed cancels, where a test of independent groups
 * (Jonckheere) would count it as noise, and one of a single series (Mann-Kendall) would take seeds for points.
 *
 * `blocks`: rows of k >= 3 values in the order of the sweep. Up to 10 points the null distribution is exact given the
 * ranks, ties included, by counting permutations; beyond, normal. Estimate: the mean rank correlation with the order
 * (-1 to 1). There is no interval.
 */
export function trend(
  blocks: readonly (readonly number[])[],
  alternative: Exclude<Alternative, "two-sided">,
  alpha: number,
): TestResult {
  const k = blocks[0]?.length ?? 0;
  for (const block of blocks) demand(block, 3, "a trend test (points of the sweep)");
  if (blocks.length === 0) throw new Unanswerable("no block");
  const ranks = blocks.map(doubledRanks);
  const weigh = (row: readonly number[]): number => row.reduce((sum, rank, i) => sum + (i + 1) * rank, 0);
  const total = ranks.reduce((sum, row) => sum + weigh(row), 0);
  const n = blocks.length;
  const middle = (n * k * (k + 1) ** 2) / 2;
  const spread = (n * k * (k * k - 1)) / 6;
  const [atMost, atLeast] = k <= EXACT ? exactTails(ranks, total) : normalTails(ranks, total - middle);
  const smallest = k <= EXACT ? factorial(k) ** -n : 0;
  if (smallest >= alpha)
    throw new Unanswerable(
      `${n} block of ${k} points can never be significant at ${alpha}: add seeds or points`,
    );
  return {
    ...{ statistic: total / 2, p: alternative === "greater" ? atLeast : atMost },
    ...{ estimate: (total - middle) / spread, interval: null, level: levelOf(alternative, alpha), n },
  };
}

const EXACT = 10;

/** P(L <= l) and P(L >= l) over all orders of each block's (doubled) ranks, independent between blocks. */
function exactTails(ranks: readonly (readonly number[])[], total: number): [number, number] {
  let chances = new Map([[0, 1]]);
  const known = new Map<string, ReadonlyMap<number, number>>();
  for (const row of ranks) {
    const name = [...row].sort((a, b) => a - b).join(" ");
    let one = known.get(name);
    if (one === undefined) known.set(name, (one = blockChances(row)));
    const next = new Map<number, number>();
    for (const [a, p] of chances) for (const [b, q] of one) next.set(a + b, (next.get(a + b) ?? 0) + p * q);
    chances = next;
  }
  let [below, above] = [0, 0];
  for (const [sum, chance] of chances) {
    if (sum <= total) below += chance;
    if (sum >= total) above += chance;
  }
  return [Math.min(1, below), Math.min(1, above)];
}

/** Chance of each weighted sum over all permutations of a block: by which ranks are used up, one place at a time. */
function blockChances(row: readonly number[]): ReadonlyMap<number, number> {
  const k = row.length;
  let states = new Map<number, Map<number, number>>([[0, new Map([[0, 1]])]]);
  for (let place = 1; place <= k; place++) {
    const next = new Map<number, Map<number, number>>();
    for (const [used, sums] of states) {
      for (const [i, rank] of row.entries()) {
        if ((used & (1 << i)) !== 0) continue;
        const to = used | (1 << i);
        const target = next.get(to) ?? new Map<number, number>();
        next.set(to, target);
        for (const [sum, chance] of sums) {
          const at = sum + place * rank;
          target.set(at, (target.get(at) ?? 0) + chance / (k - place + 1));
        }
      }
    }
    states = next;
  }
  return states.get((1 << k) - 1) ?? new Map<number, number>();
}

/** `excess`: doubled L less its mean. The variance of a block: that of i against that of the (tied) ranks. */
function normalTails(ranks: readonly (readonly number[])[], excess: number): [number, number] {
  let variance = 0;
  for (const row of ranks) {
    const k = row.length;
    const squares = row.reduce((sum, rank) => sum + (rank - (k + 1)) ** 2, 0);
    variance += ((k * (k * k - 1)) / 12) * (squares / (k - 1));
  }
  const z = variance === 0 ? 0 : excess / Math.sqrt(variance);
  return [normalCdf(z), normalCdf(-z)];
}

function factorial(k: number): number {
  return k < 2 ? 1 : k * factorial(k - 1);
}
