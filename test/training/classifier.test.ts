import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import evaluateClassifier from "../../steps/kinds/evaluate-classifier/index.js";
import evaluateProbe from "../../steps/kinds/evaluate-probe/index.js";
import { openImages, range } from "../../steps/artifacts/images.js";
import { parseJson } from "../../steps/formats/json.js";
import { readNpy } from "../../steps/formats/npy.js";
import { readSafetensors } from "../../steps/formats/safetensors.js";
import trainClassifier from "../../steps/kinds/train-classifier/index.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import { runKind } from "../rig/context.js";
import { naiveForward } from "../rig/naive-model.js";
import { shapesFolder } from "./data.js";

const device = { backend: "wasm" };
const mlp = { kind: "mlp", hidden: [24], batchNorm: false };
const small = {
  encoder: { kind: "conv", channels: [4, 8], strides: [2, 2], width: 16 },
  updates: 80,
  batch: 20,
  optimiser: { lr: 0.01 },
};

describe("train-classifier", () => {
  it("learns classes, makes the same bytes again, and is tested on other images", async () => {
    const inputs = { images: await shapesFolder(90) };
    const first = await runKind(trainClassifier, { with: small, inputs, device });
    const again = await runKind(trainClassifier, { with: small, inputs, device });
    for (const file of ["model.safetensors", "model.json", "curve.json"])
      expect(bytes(again, file)).toEqual(bytes(first, file));
    const losses = (first.curves["loss"] ?? []).map(([, loss]) => loss);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
    const tested = { classifier: first.outputs["classifier"] ?? "", test: await shapesFolder(60, 1) };
    const { metrics, outputs } = await runKind(evaluateClassifier, { inputs: tested, device });
    expect(metrics["accuracy"]).toBeGreaterThan(0.8);
    expect(reportOf(outputs)).toMatchObject({
      ...{ kind: "classifier-report", n: 60, accuracy: metrics["accuracy"] },
      ...{ recipe: { updates: 80, images: 90 } },
    });
  });

  it("standardises its input within the artifact, which gives the logits of its layers", async () => {
    const inputs = { images: await shapesFolder(60) };
    const given = { ...small, encoder: mlp, standardise: true, l2: 1e-3, updates: 20 };
    const trained = await runKind(trainClassifier, { with: given, inputs, device });
    const classifier = trained.outputs["classifier"] ?? "";
    const test = await shapesFolder(12, 1);
    const set = await openImages(test);
    const pixels = Array.from(set.pick(range(0, 12)), value => value / 255);
    const { tensors } = await readSafetensors(join(classifier, "model.safetensors"));
    const card = parseJson(readFileSync(join(classifier, "model.json"), "utf8"), "card");
    const encoder = { layers: (card["model"] as never)["layers"] };
    const head = { layers: (card["head"] as never)["layers"] };
    const own = new Map([...tensors].map(([name, tensor]) => [name.replace(/^head\./, ""), tensor]));
    const logits = Array.from({ length: 12 }, (_, i) => {
      const image = pixels.slice(i * 64, (i + 1) * 64);
      return naiveForward(head, own, [24], naiveForward(encoder, tensors, [8, 8, 1], image));
    });
    const { metrics, outputs } = await runKind(evaluateClassifier, { inputs: { classifier, test }, device });
    const predictions = await readNpy(join(outputs["report"] ?? "", "predictions.npy"));
    expect([...predictions.data]).toEqual(logits.map(row => row.indexOf(Math.max(...row))));
    expect(metrics["loss"]).toBeCloseTo(naiveLoss(logits, set.labels ?? []), 4);
    // The statistics are those of the training images, and no update moved them.
    const train = await openImages(inputs.images);
    const column = Array.from(train.pick(range(0, 60))).filter((_, i) => i % 64 === 9);
    const mean = column.reduce((sum, value) => sum + value / 255 / 60, 0);
    expect(tensors.get("layers.1.mean")?.data[9]).toBeCloseTo(mean, 6);
    const variance = column.reduce((sum, value) => sum + (value / 255 - mean) ** 2 / 60, 0);
    expect(tensors.get("layers.1.variance")?.data[9]).toBeCloseTo(variance, 6);
  });

  it("makes an encoder that a probe can take; a classifier is not any encoder", async () => {
    const images = await shapesFolder(60);
    const trained = await runKind(trainClassifier, { with: small, inputs: { images }, device });
    const inputs = {
      encoder: trained.outputs["classifier"] ?? "",
      train: images,
      test: await shapesFolder(30, 1),
    };
    const { outputs } = await runKind(evaluateProbe, { inputs, device });
    expect(reportOf(outputs)).toMatchObject({ features: { from: "encoder", width: 16 } });
    const random = await runKind(trainContrastive, { with: { updates: 0, noise: 1 }, inputs: { images } });
    const wrong = { classifier: random.outputs["encoder"] ?? "", test: images };
    await expect(runKind(evaluateClassifier, { inputs: wrong })).rejects.toThrow(
      "not trained as a classifier",
    );
  });

  it("penalises its kernels", async () => {
    const inputs = { images: await shapesFolder(60) };
    const lengths = [];
    for (const l2 of [0, 10]) {
      const given = { ...small, encoder: mlp, l2 };
      const { outputs } = await runKind(trainClassifier, { with: given, inputs, device });
      const { tensors } = await readSafetensors(join(outputs["classifier"] ?? "", "model.safetensors"));
      lengths.push(Math.hypot(...Array.from(tensors.get("layers.1.kernel")?.data ?? [], Number)));
    }
    expect(lengths[1]).toBeLessThan(0.7 * (lengths[0] ?? 0));
  });
});

function naiveLoss(logits: readonly (readonly number[])[], labels: ArrayLike<number>): number {
  const losses = logits.map((row, i) => {
    const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
    return Math.log(sum) - (row[labels[i] ?? -1] ?? NaN);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function reportOf(outputs: Readonly<Record<string, string>>): unknown {
  return parseJson(readFileSync(join(outputs["report"] ?? "", "report.json"), "utf8"), "report");
}

function bytes(run: { readonly outputs: Readonly<Record<string, string>> }, file: string): Buffer {
  return readFileSync(join(run.outputs["classifier"] ?? "", file));
}
