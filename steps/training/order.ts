import type { RandomStream } from "../../runner/step-api.js";

/**
 * Which examples each update takes: every epoch goes through all of them in a new random order, in batches of
 * `batch`; the last few that fill no batch are left out of that epoch. A pure function of (random, update): a
 * training that goes on from update 500 takes what an uninterrupted one takes.
 * Throws a RangeError when there are fewer examples than a batch holds.
 */
export function batchOrder(
  count: number,
  batch: number,
  random: RandomStream,
): (update: number) => Int32Array {
  const perEpoch = Math.floor(count / batch);
  if (perEpoch < 1) throw new RangeError(`a batch of ${batch} needs as many examples; there are ${count}`);
  let [epoch, order] = [-1, new Int32Array(0)];
  return update => {
    const wanted = Math.floor(update / perEpoch);
    if (wanted !== epoch) [epoch, order] = [wanted, permutation(count, random, wanted)];
    const from = (update % perEpoch) * batch;
    return order.slice(from, from + batch);
  };
}

/** The numbers 0 to n - 1, shuffled (Fisher & Yates; Durstenfeld 1964) by the draws `random.at(at)`. */
export function permutation(n: number, random: RandomStream, at: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const draws = random.at(at);
  for (let i = n - 1; i > 0; i--) {
    const j = draws.below(i + 1);
    const moved = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = moved;
  }
  return order;
}
