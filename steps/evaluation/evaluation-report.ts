import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject, StepContext } from "../../runner/step-api.js";
import { writeJson } from "../formats/json.js";
import { writeNpy } from "../formats/npy.js";
import { confusionSvg } from "./confusion.js";
import { score } from "./scores.js";

/** What an evaluation came to. */
export interface Evaluation {
  /** Of report.json. */
  readonly kind: "probe-report" | "knn-report" | "classifier-report";
  readonly classes: readonly string[];
  /** [n], the test images' classes, and what was predicted. */
  readonly labels: Int32Array;
  readonly predictions: Int32Array;
  /** Whatever else the report is to say. */
  readonly facts: JsonObject;
}

/**
 * Records the metrics `accuracy` and `standardError`, and writes the output `report`, a folder:
 *
 *   report.json       scores (scores.ts) and facts
 *   predictions.npy   int32 [n], in the order of the test images, so that two reports can be paired image by image
 *   confusion.svg     how often each class was taken for each
 */
export async function writeReport(
  ctx: Pick<StepContext, "metric" | "outputs">,
  { kind, classes, labels, predictions, facts }: Evaluation,
): Promise<void> {
  const scores = score(predictions, labels, classes.length);
  ctx.metric("accuracy", scores.accuracy);
  ctx.metric("standardError", scores.standardError);
  const folder = ctx.outputs["report"] ?? "";
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "report.json"), {
    ...{ format: 1, kind, classes, ...scores },
    ...{ n: labels.length, ...facts },
  });
  const numbers = { dtype: "i4", shape: [predictions.length], data: predictions } as const;
  await writeNpy(join(folder, "predictions.npy"), numbers);
  await writeFile(join(folder, "confusion.svg"), confusionSvg(classes, scores.confusion));
}
