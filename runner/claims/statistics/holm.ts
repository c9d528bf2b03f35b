/**
 * Holm's step-down correction ("A simple sequentially rejective multiple test procedure", Scandinavian Journal of
 * Statistics 1979): p-values of a family, adjusted so that all of them together err with probability alpha at most.
 * In the order given. A test without an answer counts as p = 1: leaving it out would make the others look better.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1));
  const adjusted = new Array<number>(ps.length).fill(1);
  let least = 0;
  order.forEach((i, rank) => {
    least = Math.max(least, Math.min(1, (ps.length - rank) * (ps[i] ?? 1)));
    adjusted[i] = least;
  });
  return adjusted;
}
