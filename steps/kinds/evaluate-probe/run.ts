import type { StepContext } from "../../../runner/step-api.js";
import { extractFeatures, featureFacts, openSets } from "../../evaluation/labelled-sets.js";
import type { LayerTypes } from "../../nn/layers/layer.js";
import { writeReport } from "../../evaluation/evaluation-report.js";
import { fitLogistic, predict } from "./logistic.js";
import type { ProbeOptions } from "./probe-options.js";

/** Features of train and test images, a classifier fitted on the first, its report on the second. */
export async function runProbe(ctx: StepContext<ProbeOptions>, layers?: LayerTypes): Promise<void> {
  const { maxIterations, tolerance } = ctx.with;
  const sets = await openSets(ctx);
  const { train, test, classes } = sets;
  const [fit, held] = await extractFeatures(ctx, sets, layers);
  const model = fitLogistic(
    { rows: train.count, features: fit.width, classes: classes.length, x: fit.values, y: train.labels },
    {
      ...ctx.with,
      onIteration: (iteration, loss) => {
        ctx.signal.throwIfAborted();
        ctx.progress(iteration, maxIterations, `loss ${loss.toFixed(4)}`);
        ctx.metric("loss", loss, iteration);
      },
    },
  );
  const { iterations, converged, loss } = model;
  if (!converged) ctx.log(`stopped after ${iterations} iterations, before the gradient fell to ${tolerance}`);
  ctx.metric("features", fit.width);
  await writeReport(ctx, {
    ...{ kind: "probe-report", classes, labels: test.labels, predictions: predict(model, held.values) },
    facts: {
      trainN: train.count,
      features: featureFacts(ctx, fit),
      optimiser: { iterations, converged, loss },
      options: { ...ctx.with },
    },
  });
}
