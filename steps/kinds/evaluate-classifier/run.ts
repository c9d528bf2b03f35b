import type { StepContext } from "../../../runner/step-api.js";
import { checkClasses, openLabelled } from "../../evaluation/labelled-sets.js";
import { encodedFeatures, type Features } from "../../artifacts/features.js";
import { writeReport } from "../../evaluation/evaluation-report.js";
import { readClassifier } from "../../artifacts/encoder.js";

/** The most probable class of each test image, and the report. Metric `loss`: the mean cross-entropy, in nats. */
export async function testClassifier(ctx: StepContext): Promise<void> {
  const classifier = await readClassifier(ctx.inputs["classifier"] ?? "");
  const test = await openLabelled(ctx.inputs["test"], "test");
  const { classes, card } = classifier;
  checkClasses(classes, test.classes, "the classifier's");
  const [logits] = await encodedFeatures(classifier, [test], ctx.device, ctx.signal, "classifier");
  if (logits === undefined) throw new Error("Internal error: the logits of one set.");
  ctx.metric("loss", logLoss(logits, test.labels));
  const predictions = mostProbable(logits);
  await writeReport(ctx, {
    ...{ kind: "classifier-report", classes, labels: test.labels, predictions },
    facts: { recipe: card.recipe },
  });
}

/** The class with the largest logit of each row; of equals, the first. */
function mostProbable({ width, values }: Features): Int32Array {
  return Int32Array.from({ length: values.length / width }, (_, i) => {
    const own = values.subarray(i * width, (i + 1) * width);
    return own.indexOf(Math.max(...own));
  });
}

/** Mean of -log softmax(logits)[label]. */
function logLoss({ width, values }: Features, labels: Int32Array): number {
  let loss = 0;
  for (const [i, label] of labels.entries()) {
    const own = values.subarray(i * width, (i + 1) * width);
    const most = Math.max(...own);
    const sum = own.reduce((total, logit) => total + Math.exp(logit - most), 0);
    loss += Math.log(sum) + most - (own[label] ?? 0);
  }
  return loss / labels.length;
}
