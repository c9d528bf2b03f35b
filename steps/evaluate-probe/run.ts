import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject, StepContext } from "../../runner/step-api.js";
import { sameShape, shapeText } from "../lib/arrays.js";
import { openImages } from "../lib/images.js";
import { writeJson } from "../lib/json.js";
import { writeNpy } from "../lib/npy.js";
import { writeGrid } from "../lib/png.js";
import { type Features, standardise } from "./features.js";
import { encodedFeatures, type LabelledImages, rawFeatures } from "./features.js";
import { fitLogistic, predict } from "./logistic.js";
import { type Scores, score } from "./scores.js";
import { pickPerClass } from "./subset.js";

export interface ProbeOptions {
  readonly l2: number;
  readonly standardise: boolean;
  readonly labels: number;
  readonly seed: number;
  readonly maxIterations: number;
  readonly tolerance: number;
}

/** Features of train and test images, a classifier fitted on the first, its report on the second. */
export async function runProbe(ctx: StepContext<ProbeOptions>): Promise<void> {
  const { labels, maxIterations } = ctx.with;
  const [whole, test] = [await labelled(ctx, "train"), await labelled(ctx, "test")];
  checkTogether(whole, test);
  const classes = whole.classes.length;
  const train = labels === 0 ? whole : pickPerClass(whole, labels, ctx.random("labels"));
  const features = await extract(ctx, [train, test]);
  const [fit, held] = ctx.with.standardise ? standardise(features) : features;
  const model = fitLogistic(
    { rows: train.count, features: fit.width, classes, x: fit.values, y: train.labels },
    {
      ...ctx.with,
      onIteration: (iteration, loss) => {
        ctx.signal.throwIfAborted();
        ctx.progress(iteration, maxIterations, `loss ${loss.toFixed(4)}`);
        ctx.metric("loss", loss, iteration);
      },
    },
  );
  if (!model.converged)
    ctx.log(
      `stopped after ${model.iterations} iterations, before the gradient fell to ${ctx.with.tolerance}`,
    );
  const predictions = predict(model, held.values);
  const scores = score(predictions, test.labels, classes);
  ctx.metric("accuracy", scores.accuracy);
  ctx.metric("standardError", scores.standardError);
  ctx.metric("features", fit.width);
  await write(ctx.outputs["report"] ?? "", whole.classes, scores, predictions, {
    n: test.count,
    trainN: train.count,
    features: { from: ctx.inputs["encoder"] === undefined ? "pixels" : "encoder", width: fit.width },
    optimiser: { iterations: model.iterations, converged: model.converged, loss: model.loss },
    options: { ...ctx.with },
  });
}

async function labelled(ctx: StepContext<ProbeOptions>, role: string): Promise<LabelledImages> {
  const file = await openImages(ctx.inputs[role] ?? "");
  const { labels } = file;
  if (labels === undefined) throw new Error(`the '${role}' images have no labels; a probe needs them`);
  return { ...file, labels };
}

function checkTogether(train: LabelledImages, test: LabelledImages): void {
  if (!sameShape(train.shape, test.shape))
    throw new Error(`train images are ${shapeText(train.shape)}, test images ${shapeText(test.shape)}`);
  if (train.classes.join("\n") !== test.classes.join("\n"))
    throw new Error(
      `train classes are [${train.classes.join(", ")}], test classes [${test.classes.join(", ")}]`,
    );
}

async function extract(
  ctx: StepContext<ProbeOptions>,
  sets: readonly [LabelledImages, LabelledImages],
): Promise<[Features, Features]> {
  const encoder = ctx.inputs["encoder"];
  if (encoder === undefined) return [rawFeatures(sets[0]), rawFeatures(sets[1])];
  return encodedFeatures(encoder, sets, ctx.device, ctx.signal);
}

async function write(
  folder: string,
  classes: readonly string[],
  scores: Scores,
  predictions: Int32Array,
  facts: JsonObject,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "report.json"), {
    format: 1,
    kind: "probe-report",
    classes,
    ...scores,
    ...facts,
  });
  await writeNpy(join(folder, "predictions.npy"), {
    dtype: "i4",
    shape: [predictions.length],
    data: predictions,
  });
  // Rows: true class; columns: predicted; the darker, the larger the share of its row.
  const shade = scores.confusion.flatMap(row => {
    const all = Math.max(
      1,
      row.reduce((sum, n) => sum + n, 0),
    );
    return row.map(n => Math.round(255 * (1 - n / all)));
  });
  const k = classes.length;
  await writeGrid(join(folder, "confusion.png"), Uint8Array.from(shade), [k, k, 1], { columns: 1, zoom: 24 });
}
