/** How predictions compare with the truth. */
export interface Scores {
  /** Share of right predictions, in [0, 1]. */
  readonly accuracy: number;
  /** Binomial: sqrt(accuracy (1 - accuracy) / n). It knows of the test images only, not of seeds. */
  readonly standardError: number;
  /** Share of each class's images that were recognised; null for a class without images. */
  readonly perClass: readonly (number | null)[];
  /** confusion[truth][prediction]: counts. */
  readonly confusion: readonly (readonly number[])[];
}

/** `predictions` and `labels` are of the same length, at least 1, with values in [0, classes). */
export function score(predictions: Int32Array, labels: Int32Array, classes: number): Scores {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [i, label] of labels.entries()) {
    const row = confusion[label];
    const guess = predictions[i];
    if (row === undefined || guess === undefined || row[guess] === undefined)
      throw new RangeError(`prediction ${String(guess)}, label ${label}: not among ${classes} classes`);
    row[guess]++;
  }
  const n = labels.length;
  const accuracy = confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0) / n;
  return {
    accuracy,
    standardError: Math.sqrt((accuracy * (1 - accuracy)) / n),
    perClass: confusion.map((row, k) => {
      const all = row.reduce((sum, count) => sum + count, 0);
      return all === 0 ? null : (row[k] ?? 0) / all;
    }),
    confusion,
  };
}
