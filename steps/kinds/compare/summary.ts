import { estimate } from "../../../runner/statistics-api.js";
import { type Arms, type Block, type ByArm, distinctBlocks, distinctProbes, type Probe } from "./pairs.js";

/** A mean over blocks with its two-sided t-interval; `low` and `high` are null where one block alone has none. */
export type Summary = {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly min: number;
  readonly max: number;
  readonly n: number;
};

export interface Comparison {
  readonly arms: ByArm<Summary>;
  /** generated - real, block by block: the seed's own luck, common to both, cancels. */
  readonly difference: Summary;
  /** generated - random, block by block: what the training on generated views has brought. */
  readonly gain?: Summary;
}

/**
 * Means with intervals mean +- t(n - 1) s / sqrt(n) (Student 1908). Of an arm: over its own probes; of a difference:
 * over the paired differences, each pair of results once, which assumes that blocks (seeds) are independent, not that arms are.
 */
export function summarise(arms: Arms, blocks: readonly Block[], level: number): Comparison {
  const mean = (probes: readonly Probe[]): Summary =>
    interval(
      distinctProbes(probes).map(probe => probe.value),
      level,
    );
  const { random, raw } = arms;
  const summaries = {
    generated: mean(arms.generated),
    real: mean(arms.real),
    ...(random === undefined ? {} : { random: mean(random) }),
    ...(raw === undefined ? {} : { raw: mean(raw) }),
  };
  const counted = distinctBlocks(blocks);
  const difference = interval(
    counted.map(block => block.generated - block.real),
    level,
  );
  const gains = counted.flatMap(block =>
    block.random === undefined ? [] : [block.generated - block.random],
  );
  const comparison = { arms: summaries, difference };
  return gains.length === 0 ? comparison : { ...comparison, gain: interval(gains, level) };
}

function interval(values: readonly number[], level: number): Summary {
  const { mean, half, min, max, n } = estimate(values, level);
  return {
    mean,
    low: half === null ? null : mean - half,
    high: half === null ? null : mean + half,
    min,
    max,
    n,
  };
}
