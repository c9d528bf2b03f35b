import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import evaluateProbe from "../../steps/kinds/evaluate-probe/index.js";
import { parseJson } from "../../steps/formats/json.js";
import { readNpy } from "../../steps/formats/npy.js";
import { readSafetensors } from "../../steps/formats/safetensors.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import { naiveForward } from "../rig/naive-model.js";
import { contextOf, runKind } from "../rig/context.js";
import { shapesFolder } from "./data.js";
import { encodedFeatures } from "../../steps/artifacts/features.js";
import { readEncoder } from "../../steps/artifacts/encoder.js";
import { type ImageSet, openImages, writeImages } from "../../steps/artifacts/images.js";
import { elementCount } from "../../steps/formats/arrays.js";
import evaluateKnn from "../../steps/kinds/evaluate-knn/index.js";
import { tempFolder } from "../rig/temp.js";

const device = { backend: "wasm" };
const encoder = { kind: "conv", channels: [4, 8], strides: [2, 2], width: 16 };

describe("evaluate-probe", () => {
  it("on raw pixels: reports accuracy, classes, confusion, and is the same again", async () => {
    const inputs = { train: await shapesFolder(150), test: await shapesFolder(60, 1) };
    const first = await runKind(evaluateProbe, { inputs, device });
    const report = reportOf(first.outputs);
    expect(report).toMatchObject({
      kind: "probe-report",
      classes: ["across", "down", "square"],
      n: 60,
      trainN: 150,
      features: { from: "pixels", width: 64 },
      accuracy: first.metrics["accuracy"],
      optimiser: { converged: true },
    });
    expect(first.metrics["accuracy"]).toBeGreaterThan(0.6);
    const predictions = await readNpy(join(first.outputs["report"] ?? "", "predictions.npy"));
    expect(predictions.shape).toEqual([60]);
    const again = await runKind(evaluateProbe, { inputs, device });
    expect(reportOf(again.outputs)).toEqual(report);
  });

  it("on an encoder: uses its features, with running statistics", async () => {
    const inputs = { images: await shapesFolder(60) };
    const options = { encoder, head: [8], updates: 10, batch: 12, noise: 0.1 };
    const trained = await runKind(trainContrastive, { with: options, inputs, device });
    const folder = trained.outputs["encoder"] ?? "";
    const test = await shapesFolder(9, 1);
    const set = await openImages(test);
    const [features] = await encodedFeatures(
      await readEncoder(folder),
      [set],
      { backend: "wasm", cpus: 1, gpus: [] },
      new AbortController().signal,
    );
    const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
    const { layers } = parseJson(readFileSync(join(folder, "model.json"), "utf8"), "card")["model"] as never;
    const pixels = Array.from(set.pick([0]), v => v / 255);
    const expected = naiveForward({ layers }, tensors, [8, 8, 1], pixels);
    for (const [d, value] of expected.entries()) expect(features?.values[d]).toBeCloseTo(value, 4);
    const probe = await runKind(evaluateProbe, {
      with: { labels: 30 },
      inputs: { encoder: folder, train: inputs.images, test },
      device,
    });
    expect(reportOf(probe.outputs)).toMatchObject({ trainN: 30, features: { from: "encoder", width: 16 } });
  });

  it("says what is wrong", async () => {
    const inputs = { train: await shapesFolder(30), test: await shapesFolder(9) };
    const few = runKind(evaluateProbe, { with: { labels: 33 }, inputs, device });
    await expect(few).rejects.toThrow("11 images of 'across'; there are 10");
    expect(() => contextOf(evaluateProbe, { with: { l2: -1 } })).toThrow("l2");
    for (const labels of [1, 2, 7, 29])
      await expect(runKind(evaluateProbe, { with: { labels }, inputs, device })).rejects.toThrow(
        `labels: ${labels} cannot be the same number of each of 3 classes; write a multiple of 3, such as`,
      );
  });

  it.each([0, 2])("refuses images of class %i alone: any classifier would be right", async label => {
    const images = await imagesOf([8, 8, 1], () => label);
    const inputs = { train: images, test: images };
    for (const run of [
      () => runKind(evaluateProbe, { inputs, device }),
      () => runKind(evaluateKnn, { inputs, device }),
    ])
      await expect(run()).rejects.toThrow(`all 12 'train' images are of one class, '${"abc"[label] ?? ""}'`);
  });

  it.each([
    [[8, 8, 3], "channels: 1"],
    [[9, 8, 1], "resize: 8"],
    [[16, 16, 3], "resize: 8, channels: 1"],
  ] as const)(
    "refuses images %j on an encoder of [8, 8, 1], with both sizes and `%s`",
    async (shape, remedy) => {
      const pooled = { ...encoder, pool: "mean", width: 0 };
      const trained = await runKind(trainContrastive, {
        with: { encoder: pooled, head: [8], updates: 0, batch: 12, noise: 0.1 },
        inputs: { images: await shapesFolder(60) },
        device,
      });
      const images = await imagesOf(shape, i => i % 3);
      const inputs = { encoder: trained.outputs["encoder"] ?? "", train: images, test: images };
      const knn = (): Promise<unknown> => runKind(evaluateKnn, { with: { k: 1 }, inputs, device });
      for (const run of [() => runKind(evaluateProbe, { inputs, device }), knn])
        await expect(run()).rejects.toThrow(
          `the encoder takes images of [8, 8, 1], these are [${shape.join(", ")}]. To make them alike, give fetch-dataset \`${remedy}\``,
        );
    },
  );
});

/** 12 images of this shape, with labels among `a`, `b`, `c`. */
async function imagesOf(shape: ImageSet["shape"], label: (i: number) => number): Promise<string> {
  const folder = join(tempFolder(), "images");
  const images = Uint8Array.from({ length: 12 * elementCount(shape) }, (_, i) => (7 * i) % 256);
  const labels = Int32Array.from({ length: 12 }, (_, i) => label(i));
  await writeImages(folder, { count: 12, shape, images, labels, classes: ["a", "b", "c"], facts: {} });
  return folder;
}

function reportOf(outputs: Readonly<Record<string, string>>): unknown {
  return parseJson(readFileSync(join(outputs["report"] ?? "", "report.json"), "utf8"), "report");
}
