import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Gathered, StepContext } from "../../../runner/step-api.js";
import { readMetric } from "../../evaluation/read-metric.js";
import { toInt32 } from "../../formats/arrays.js";
import { openImages } from "../../artifacts/images.js";
import { readNpy } from "../../formats/npy.js";
import { type ArmName, type Probe, text } from "./pairs.js";

/** Reads each probe of a role: a gathered role has one an instance, any other one, or none where it is left out. */
export async function readArm<T>(
  { inputs, gathered }: Pick<StepContext, "inputs" | "gathered">,
  role: ArmName,
  read: (report: string, name: string) => Promise<T>,
): Promise<Probe<T>[]> {
  const path = inputs[role];
  const instances: readonly Gathered[] = gathered[role] ?? (path === undefined ? [] : [{ labels: {}, path }]);
  return Promise.all(
    instances.map(async ({ labels, path: report, sameAs }) => ({
      labels,
      value: await read(report, `${role}[${text(labels)}]`),
      ...(sameAs !== undefined && { sameAs }),
    })),
  );
}

/** The test images' true classes, [n]. Throws unless `test` is one set of labelled images. */
export async function readTruth({
  inputs,
  gathered,
}: Pick<StepContext, "inputs" | "gathered">): Promise<Int32Array> {
  if (gathered["test"] !== undefined)
    throw new Error("'test' is several sets of images: all probes must be tested on one and the same");
  const { labels } = await openImages(inputs["test"] ?? "");
  if (labels === undefined) throw new Error("the 'test' images have no labels to hold predictions against");
  return labels;
}

/**
 * Which test images an evaluation got right: [n], 1 or 0. Throws unless its predictions are as many as the images and
 * come to the accuracy that it reports: those of other images, or in another order, would be compared with the wrong
 * truth. `name` is what the report is called in the message.
 */
export async function readRight(report: string, name: string, truth: Int32Array): Promise<Uint8Array> {
  const predictions = await readPredictions(report, name);
  if (predictions.length !== truth.length)
    throw new Error(`${name}: ${predictions.length} predictions, but 'test' holds ${truth.length} images`);
  const right = Uint8Array.from(truth, (label, i) => (predictions[i] === label ? 1 : 0));
  const count = right.reduce((sum, one) => sum + one, 0);
  const accuracy = await readMetric(report, "accuracy", name);
  // Half an image: a report that others wrote may have rounded.
  if (!(Math.abs(accuracy * truth.length - count) < 0.5))
    throw new Error(
      `${name}: its report has accuracy ${accuracy}, but ${count} of ${truth.length} predictions are right on 'test': ` +
        "it was made on other images",
    );
  return right;
}

async function readPredictions(report: string, name: string): Promise<Int32Array> {
  if (!(await stat(report)).isDirectory())
    throw new Error(
      `${name}: its report is a file; with 'test', predictions.npy must lie in a folder beside report.json`,
    );
  try {
    return toInt32((await readNpy(join(report, "predictions.npy"))).data);
  } catch (error) {
    throw new Error(`${name}: no predictions of its report: ${(error as Error).message}`, { cause: error });
  }
}
