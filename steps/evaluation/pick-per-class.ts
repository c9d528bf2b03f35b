import type { RandomStream } from "../../runner/step-api.js";
import type { LabelledImages } from "../artifacts/features.js";

/**
 * `total` images, the same number of each class that has any, drawn without replacement: image i of a class has its own
 * random number, and the smallest ones are taken, so that 200 labels contain the 100 of the same seed. Throws when
 * `total` is no multiple of the number of classes, or a class has too few.
 */
export function pickPerClass(set: LabelledImages, total: number, random: RandomStream): LabelledImages {
  const present = [...new Set(set.labels)].sort((a, b) => a - b);
  const [k, each] = [present.length, Math.floor(total / present.length)];
  if (each * k !== total)
    throw new Error(
      `labels: ${total} cannot be the same number of each of ${k} classes; write a multiple of ${k}, such as ` +
        `${Math.max(1, Math.round(total / k)) * k}`,
    );
  const ranks = set.labels.map((_, i) => random.at(i).uint32() | 0);
  const picked = present.flatMap(label => {
    const own = [...set.labels.keys()].filter(i => set.labels[i] === label);
    if (own.length < each)
      throw new Error(
        `labels: ${total} need ${each} images of '${set.classes[label] ?? String(label)}'; there are ${own.length}`,
      );
    return own.sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b).slice(0, each);
  });
  return {
    ...set,
    count: picked.length,
    labels: Int32Array.from(picked, i => set.labels[i] ?? 0),
    pick: indices => set.pick(Array.from(indices, i => picked[i] ?? 0)),
  };
}
