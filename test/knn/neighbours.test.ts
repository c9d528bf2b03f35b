import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { nearest, type Metric, type Rows } from "../../steps/kinds/evaluate-knn/neighbours.js";
import { nearestInParallel } from "../../steps/kinds/evaluate-knn/parallel.js";
import { vote } from "../../steps/kinds/evaluate-knn/vote.js";

/** All distances, sorted: what `nearest` must agree with. */
function naive(rows: Rows, queries: Rows, k: number, metric: Metric): { row: number; distance: number }[][] {
  return Array.from({ length: queries.count }, (_, q) => {
    const all = Array.from({ length: rows.count }, (_, row) => {
      let sum = 0;
      for (let d = 0; d < rows.width; d++) {
        const difference =
          (rows.values[row * rows.width + d] ?? 0) - (queries.values[q * rows.width + d] ?? 0);
        sum += Math.abs(difference) ** metric;
      }
      return { row, distance: metric === 2 ? Math.sqrt(sum) : sum };
    });
    return all.sort((a, b) => a.distance - b.distance || a.row - b.row).slice(0, k);
  });
}

/** Few distinct values, so that there are equal distances; smooth rows, so that the bounds bite. */
const matrices = fc
  .record({
    width: fc.integer({ min: 1, max: 300 }),
    rows: fc.integer({ min: 1, max: 60 }),
    queries: fc.integer({ min: 1, max: 5 }),
    smooth: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
  })
  .map(({ width, rows, queries, smooth, seed }) => {
    let state = seed;
    const next = (): number => (state = (state * 48271) % 2147483647) % 8;
    const fill = (count: number): Rows => {
      const values = new Float32Array(count * width);
      for (let i = 0; i < values.length; i++)
        values[i] = smooth && i % 11 > 0 ? (values[i - 1] ?? 0) : next() / 4 - 1;
      return { count, width, values };
    };
    return { rows: fill(rows), queries: fill(queries) };
  });

describe("the nearest rows", () => {
  it.each([1, 2] as const)("are those of the naive search, in the same order (p = %d)", metric => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 1, max: 9 }), ({ rows, queries }, wanted) => {
        const k = Math.min(wanted, rows.count);
        const found = nearest(rows, queries, k, metric);
        const expected = naive(rows, queries, k, metric).flat();
        expect([...found.indices]).toEqual(expected.map(({ row }) => row));
        expected.forEach(({ distance }, i) => expect(found.distances[i]).toBeCloseTo(distance, 9));
      }),
      { numRuns: 300 },
    );
  });

  it("are the same on any number of threads", async () => {
    const rows = {
      count: 200,
      width: 40,
      values: Float32Array.from({ length: 8000 }, (_, i) => (i * i) % 97),
    };
    const queries = {
      count: 31,
      width: 40,
      values: Float32Array.from({ length: 1240 }, (_, i) => (i * 7) % 89),
    };
    const search = { rows, queries, k: 3, metric: 2 } as const;
    const seen: number[] = [];
    for (const threads of [1, 2, 5])
      expect(
        await nearestInParallel(search, {
          threads,
          signal: new AbortController().signal,
          onProgress: done => seen.push(done),
        }),
      ).toEqual(nearest(rows, queries, 3, 2));
    expect(Math.max(...seen)).toBe(31);
  });

  it("end when the step is cancelled", async () => {
    const rows = { count: 3000, width: 800, values: new Float32Array(2_400_000) };
    const abort = new AbortController();
    const search = nearestInParallel(
      { rows, queries: rows, k: 1, metric: 1 },
      { threads: 2, signal: abort.signal, onProgress: () => abort.abort() },
    );
    await expect(search).rejects.toThrow("cancelled");
  });

  it("refuses more neighbours than rows, and other widths", () => {
    const rows = { count: 2, width: 1, values: Float32Array.of(0, 1) };
    expect(() => nearest(rows, rows, 3, 1)).toThrow("the 3 nearest of 2 rows");
    expect(() => nearest(rows, { ...rows, count: 1, width: 2 }, 1, 1)).toThrow("queries of 2");
  });
});

describe("their vote", () => {
  const labels = Int32Array.of(0, 1, 1, 2);
  const found = (indices: number[], distances: number[]): Parameters<typeof vote>[0] => ({
    indices: Int32Array.from(indices),
    distances: Float64Array.from(distances),
  });

  it("goes by number, the first class at a tie", () => {
    expect([...vote(found([0, 1, 2], [1, 5, 5]), 3, labels, 3, "uniform")]).toEqual([1]);
    expect([...vote(found([3, 0], [1, 2]), 2, labels, 3, "uniform")]).toEqual([0]);
  });

  it("goes by nearness, and an equal row decides alone", () => {
    expect([...vote(found([0, 1, 2], [1, 5, 5]), 3, labels, 3, "distance")]).toEqual([0]);
    expect([...vote(found([3, 1, 2], [0, 0.001, 0.001]), 3, labels, 3, "distance")]).toEqual([2]);
  });
});
