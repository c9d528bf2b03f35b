import { join } from "node:path";
import type { StepContext } from "../../../runner/step-api.js";
import { extractFeatures, featureFacts, openSets, type Sets } from "../../evaluation/labelled-sets.js";
import type { Features } from "../../artifacts/features.js";
import type { LayerTypes } from "../../nn/layers/layer.js";
import { writeReport } from "../../evaluation/evaluation-report.js";
import { range, zoomFor } from "../../artifacts/images.js";
import { writeGrid } from "../../formats/pictures/png.js";
import type { Neighbours, Rows } from "./neighbours.js";
import { nearestInParallel } from "./parallel.js";
import { vote } from "./vote.js";
import type { KnnOptions } from "./knn-options.js";

/** Features of train and test images, the nearest of the first to each of the second, their vote, the report. */
export async function runKnn(ctx: StepContext<KnnOptions>, layers?: LayerTypes): Promise<void> {
  const { k, p, weights } = ctx.with;
  const sets = await openSets(ctx);
  const { train, test, classes } = sets;
  if (k > train.count) throw new Error(`with.k is ${k}, but there are ${train.count} labelled images`);
  const [rows, queries] = await extractFeatures(ctx, sets, layers);
  const found = await nearestInParallel(
    { rows: single(rows), queries: single(queries), k, metric: p },
    {
      threads: Math.max(1, ctx.device.cpus),
      signal: ctx.signal,
      onProgress: done => ctx.progress(done, test.count, "images"),
    },
  );
  const predictions = vote(found, k, train.labels, classes.length, weights);
  ctx.metric("features", rows.width);
  await writeReport(ctx, {
    ...{ kind: "knn-report", classes, labels: test.labels, predictions },
    facts: { trainN: train.count, features: featureFacts(ctx, rows), options: { ...ctx.with } },
  });
  await drawNeighbours(ctx.outputs["report"] ?? "", sets, found, k);
}

/** Single precision: half the memory, and far finer than the features are. */
function single({ width, values }: Features): Rows {
  return { count: values.length / width, width, values: Float32Array.from(values) };
}

/** The first test images side by side, and below each its nearest training images, nearest first. */
async function drawNeighbours(
  folder: string,
  { train, test }: Sets,
  found: Neighbours,
  k: number,
): Promise<void> {
  const [columns, rows] = [Math.min(10, test.count), Math.min(9, k)];
  const ranks = Array.from({ length: rows }, (_, rank) =>
    Array.from(train.pick(Int32Array.from({ length: columns }, (_, q) => found.indices[q * k + rank] ?? 0))),
  );
  const pictures = Uint8Array.from([...test.pick(range(0, columns)), ...ranks.flat()]);
  const options = { columns, zoom: zoomFor(test.shape) };
  await writeGrid(join(folder, "neighbours.png"), pictures, test.shape, options);
}
