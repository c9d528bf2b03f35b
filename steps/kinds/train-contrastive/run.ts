import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { RandomStream, StepContext } from "../../../runner/step-api.js";
import { writeJson } from "../../formats/json.js";
import { encoderLayers, headLayers } from "../../training/architecture.js";
import { checkBatchNorm } from "../../training/batch-norm-check.js";
import { recipeOf, startState } from "../../training/checkpoints.js";
import { encoderTensors } from "../../training/encoder-tensors.js";
import { writeEncoder } from "../../artifacts/encoder.js";
import { recordFeatureStd } from "../../training/feature-spread.js";
import { joined } from "../../nn/model.js";
import { initialState } from "../../nn/net.js";
import { makeOptimiser } from "../../nn/optimisers/optimisation.js";
import { batchOrder } from "../../training/order.js";
import { localBatches } from "../../training/feed.js";
import { train } from "../../training/train.js";
import { type BatchOptions, batchMaker } from "./batch-maker.js";
import { identicalShare } from "./identical.js";
import { type ContrastiveOptions, type ContrastiveParts, defaultObjective } from "./contrastive-options.js";
import { contrastiveStep, lossOf } from "./contrastive-step.js";
import { openSource, type ViewSource, viewMaker } from "./view-source.js";

/** Reads the views or images, trains, writes the encoder. With `updates: 0` it writes the random encoder. */
export async function trainContrastive(
  ctx: StepContext<ContrastiveOptions>,
  parts: ContrastiveParts = {},
): Promise<void> {
  const { batch, views, temperature, augment, noise, seed, objective = defaultObjective } = ctx.with;
  const source = await openSource(ctx.inputs);
  const { kind, count, shape, stored, labels, pick } = source;
  const labelled = lossOf(objective, parts.losses).labelled === true;
  if (labelled && labels === undefined)
    throw new Error(`the ${kind} have no labels; the objective ${objective.kind} needs them`);
  const encoder = encoderLayers(ctx.with.encoder, shape, parts);
  const head = headLayers(ctx.with.head);
  const spec = joined(encoder, head);
  if (ctx.with.updates > 0) {
    checkBatchNorm(spec, shape, batch * views, "'batchNorm: false'");
    checkViews(ctx, source, parts);
  }
  const optimiser = makeOptimiser(ctx.with.optimiser);
  const initial = initialState(spec, shape, ctx.random("initialisation"));
  const params = Object.keys(initial.params);
  const { arrays, curve } = await train(ctx, {
    start: startState(initial, optimiser),
    step: tf =>
      contrastiveStep(tf, { spec, params, views, objective, temperature, optimiser, losses: parts.losses }),
    batches() {
      const workerData: BatchOptions = { inputs: ctx.inputs, batch, views, augment, noise, seed, labelled };
      if (Object.keys(parts.augmentations ?? {}).some(name => name in augment))
        return localBatches(batchMaker(source, workerData, parts.augmentations));
      return new Worker(new URL("./contrastive-batches.js", import.meta.url), { workerData });
    },
    images: batch * views,
    options: ctx.with,
  });
  const folder = ctx.outputs["encoder"] ?? "";
  const recipe = { ...recipeOf(ctx.with), from: kind, anchors: count, stored };
  const tensors = encoderTensors(arrays, { encoderLength: encoder.layers.length });
  await writeEncoder(folder, { image: shape, encoder, head, recipe }, tensors);
  await writeJson(join(folder, "curve.json"), { loss: curve });
  const anchors = { count, shape, pick: (i: ArrayLike<number>) => pick(Array.from(i, n => n * stored)) };
  await recordFeatureStd(ctx, folder, anchors, parts.layers);
}

/** Looks at the first update: throws where no anchor has views that differ, and logs where many have none. */
function checkViews(
  ctx: StepContext<ContrastiveOptions>,
  source: ViewSource,
  { losses, augmentations }: ContrastiveParts,
): void {
  const { batch, views, objective = defaultObjective } = ctx.with;
  const random = (stream: string): RandomStream => ctx.random(stream);
  const anchors = batchOrder(source.count, batch, random("order"))(0);
  const pixels = viewMaker(source, ctx.with, random, augmentations)(0, anchors);
  const share = identicalShare(pixels, views, source.shape);
  const remedy =
    source.stored > 1
      ? "give 'augment' or 'noise' here, or views whose latents move ('transform' of sample-views)"
      : "give 'augment' (a crop, a flip that is not certain, ...) or 'noise'";
  if (share === 1 && lossOf(objective, losses).labelled !== true)
    throw new Error(`the views of every anchor are the same picture, so nothing can be learnt: ${remedy}`);
  if (share > 0.1)
    ctx.log(
      `${Math.round(100 * share)} % of the anchors have identical views, which teach nothing: ${remedy}`,
    );
}
