import type { Neighbours } from "./neighbours.js";

/** `uniform`: one neighbour, one vote; `distance`: 1 / distance each, and only those at distance 0 if there are any. */
export type Weights = "uniform" | "distance";

/** The class with the most votes for each query; the first of several such. `labels`: of the rows. */
export function vote(
  { indices, distances }: Neighbours,
  k: number,
  labels: Int32Array,
  classes: number,
  weights: Weights,
): Int32Array {
  const predictions = new Int32Array(indices.length / k);
  for (let q = 0; q < predictions.length; q++) {
    const votes = new Float64Array(classes);
    const own = distances.subarray(q * k, (q + 1) * k);
    const exact = own.includes(0);
    for (let i = 0; i < k; i++) {
      const label = labels[indices[q * k + i] ?? 0] ?? 0;
      votes[label] = (votes[label] ?? 0) + weight(own[i] ?? 0, exact, weights);
    }
    predictions[q] = votes.indexOf(Math.max(...votes));
  }
  return predictions;
}

function weight(distance: number, exact: boolean, weights: Weights): number {
  if (weights === "uniform") return 1;
  return exact ? Number(distance === 0) : 1 / distance;
}
