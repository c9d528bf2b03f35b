import type { RandomStream } from "../../runner/step-api.js";
import type { LabelledImages } from "./features.js";

/**
 * `total` images, the same number of each class (the first classes get one more where it does not divide), drawn
 * without replacement: image i of a class has its own random number, and the smallest ones are taken, so that 200
 * labels contain the 100 of the same seed. Throws when a class has too few.
 */
export function pickPerClass(set: LabelledImages, total: number, random: RandomStream): LabelledImages {
  const k = set.classes.length;
  const wanted = (c: number): number => Math.floor(total / k) + (c < total % k ? 1 : 0);
  const ranks = set.labels.map((_, i) => random.at(i).uint32() | 0);
  const picked = set.classes.flatMap((name, c) => {
    const own = [...set.labels.keys()].filter(i => set.labels[i] === c);
    if (own.length < wanted(c))
      throw new Error(`${total} labels need ${wanted(c)} images of '${name}'; there are ${own.length}`);
    return own.sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b).slice(0, wanted(c));
  });
  return {
    ...set,
    count: picked.length,
    labels: Int32Array.from(picked, i => set.labels[i] ?? 0),
    pick: indices => set.pick(Array.from(indices, i => picked[i] ?? 0)),
  };
}
