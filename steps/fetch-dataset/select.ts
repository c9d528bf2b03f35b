import type { RandomStream } from "../../runner/step-api.js";

/**
 * Chooses `count` of `total` images and returns their indices in rising order. The images are put in an order, by
 * chance (`random`, image i's place depends on the seed and i alone) or as they stand (`random` undefined), and the
 * first are taken; with `labels`, in rounds of one image of each class, so that classes differ by at most one as
 * long as each has enough. Throws a RangeError when there are fewer than `count`.
 */
export function selectImages(
  total: number,
  count: number,
  labels: Int32Array | undefined,
  random: RandomStream | undefined,
): Int32Array {
  if (count > total) throw new RangeError(`${count} images are wanted, but there are ${total}`);
  const order = Array.from({ length: total }, (_, i) => i);
  if (random !== undefined) {
    const keys = order.map(i => random.at(i).uint32());
    order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
  }
  const chosen = labels === undefined ? order : inRounds(order, labels);
  return Int32Array.from(chosen.slice(0, count)).sort();
}

/** The indices in [0, total) that are not in `chosen`, which is sorted. */
export function complement(total: number, chosen: Int32Array): Int32Array {
  const taken = new Set(chosen);
  return Int32Array.from(Array.from({ length: total }, (_, i) => i).filter(i => !taken.has(i)));
}

function inRounds(order: readonly number[], labels: Int32Array): number[] {
  const seen = new Map<number, number>();
  const ranked = order.map(index => {
    const label = labels[index] ?? 0;
    const round = seen.get(label) ?? 0;
    seen.set(label, round + 1);
    return { index, label, round };
  });
  return ranked.sort((a, b) => a.round - b.round || a.label - b.label).map(r => r.index);
}
