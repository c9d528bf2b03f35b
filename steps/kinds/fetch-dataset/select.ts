import type { RandomStream } from "../../../runner/step-api.js";

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
  const order = random === undefined ? Array.from({ length: total }, (_, i) => i) : shuffled(total, random);
  const chosen = labels === undefined ? order : inRounds(order, labels);
  return Int32Array.from(chosen.slice(0, count)).sort();
}

/**
 * Chooses `count` of `total` images to hold out, by chance, and returns their indices in rising order. With `labels`,
 * each class gives its share, as near as whole images allow, and at least one where `count` is enough for that; it keeps
 * at least one. Throws a RangeError when too few images would be left.
 */
export function holdOut(
  total: number,
  count: number,
  labels: Int32Array | undefined,
  random: RandomStream,
): Int32Array {
  if (labels === undefined) {
    if (count >= total) throw new RangeError(tooMany(count, total, total - 1));
    return selectImages(total, count, undefined, random);
  }
  const groups = new Map<number, number[]>();
  for (const index of shuffled(total, random)) {
    const label = labels[index] ?? 0;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [index]);
    else group.push(index);
  }
  const classes = [...groups].sort(([a], [b]) => a - b).map(([, own]) => own);
  const sizes = classes.map(own => own.length);
  if (count > total - classes.length) throw new RangeError(tooMany(count, total, total - classes.length));
  const shares = apportion(sizes, count);
  return Int32Array.from(classes.flatMap((own, c) => own.slice(0, shares[c] ?? 0))).sort();
}

function tooMany(count: number, total: number, most: number): string {
  return `${count} of ${total} images cannot be held out: each class keeps one, so ${most} is the most`;
}

/**
 * `count` divided among classes in proportion to their `sizes`, rounded down, and what is left over given to those with
 * the largest rests (Hamilton's method; of equal rests, the first). A class keeps one, and gives one where it can.
 */
function apportion(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map(size => (count * size) / total);
  const able = sizes.filter(size => size > 1).length;
  const least = count >= able ? 1 : 0;
  const shares = sizes.map((size, c) => Math.min(size - 1, Math.max(least, Math.floor(exact[c] ?? 0))));
  const given = (): number => shares.reduce((sum, share) => sum + share, 0);
  const place = (better: (a: number, b: number) => boolean, allowed: (c: number) => boolean): number =>
    shares.reduce((best, _, c) => (allowed(c) && (best < 0 || better(c, best)) ? c : best), -1);
  const rest = (c: number): number => (exact[c] ?? 0) - (shares[c] ?? 0);
  while (given() < count) {
    const next = place(
      (a, b) => rest(a) > rest(b),
      c => (shares[c] ?? 0) < (sizes[c] ?? 0) - 1,
    );
    shares[next] = (shares[next] ?? 0) + 1;
  }
  while (given() > count) {
    const next = place(
      (a, b) => rest(a) < rest(b),
      c => (shares[c] ?? 0) > least,
    );
    shares[next] = (shares[next] ?? 0) - 1;
  }
  return shares;
}

/** The indices in [0, total) that are not in `chosen`, which is sorted. */
export function complement(total: number, chosen: Int32Array): Int32Array {
  const taken = new Set(chosen);
  return Int32Array.from(Array.from({ length: total }, (_, i) => i).filter(i => !taken.has(i)));
}

function shuffled(total: number, random: RandomStream): number[] {
  const order = Array.from({ length: total }, (_, i) => i);
  const keys = order.map(i => random.at(i).uint32());
  return order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
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
