import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import evaluateKnn from "../../steps/kinds/evaluate-knn/index.js";
import { openImages, range } from "../../steps/artifacts/images.js";
import { parseJson } from "../../steps/formats/json.js";
import { readNpy } from "../../steps/formats/npy.js";
import { decodePng } from "../../steps/formats/pictures/png.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import { runKind } from "../rig/context.js";
import { shapesFolder } from "../training/data.js";

const device = { backend: "wasm" };

describe("evaluate-knn", () => {
  it("on raw pixels: predicts what a search through all pairs predicts, and reports it", async () => {
    const inputs = { train: await shapesFolder(90), test: await shapesFolder(30, 1) };
    const given = { k: 1, p: 1, standardise: false };
    const { outputs, metrics, progress } = await runKind(evaluateKnn, { with: given, inputs });
    const folder = outputs["report"] ?? "";
    const expected = await nearestLabels(inputs.train, inputs.test);
    const predictions = await readNpy(join(folder, "predictions.npy"));
    expect([...predictions.data]).toEqual(expected);
    expect(reportOf(folder)).toMatchObject({
      ...{ kind: "knn-report", n: 30, trainN: 90, features: { from: "pixels", width: 64 } },
      ...{ accuracy: metrics["accuracy"], options: { k: 1, p: 1, weights: "uniform" } },
    });
    expect(metrics["accuracy"]).toBeGreaterThan(0.6);
    expect(progress.at(-1)?.slice(0, 2)).toEqual([30, 30]);
    const picture = decodePng(readFileSync(join(folder, "neighbours.png")), "neighbours");
    // Ten test images side by side, each above its neighbour.
    expect((picture.shape[1] / 10) * 2).toBeCloseTo(picture.shape[0], -1);
  });

  it("on an encoder, with few labels; the same on more threads", async () => {
    const images = await shapesFolder(60);
    const options = { encoder: { kind: "mlp", hidden: [16] }, head: [8], updates: 0, noise: 0.1 };
    const random = await runKind(trainContrastive, { with: options, inputs: { images } });
    const inputs = {
      encoder: random.outputs["encoder"] ?? "",
      train: images,
      test: await shapesFolder(9, 1),
    };
    const given = { k: 3, weights: "distance", labels: 30 };
    const reports = [];
    for (const cpus of [1, 2]) {
      const { outputs } = await runKind(evaluateKnn, { with: given, inputs, device: { ...device, cpus } });
      reports.push(reportOf(outputs["report"] ?? ""));
    }
    expect(reports[0]).toMatchObject({ trainN: 30, features: { from: "encoder", width: 16 } });
    expect(reports[1]).toEqual(reports[0]);
  });

  it("says what is wrong", async () => {
    const inputs = { train: await shapesFolder(30), test: await shapesFolder(9) };
    await expect(runKind(evaluateKnn, { with: { k: 31 }, inputs })).rejects.toThrow(
      "with.k is 31, but there are 30 labelled images",
    );
    await expect(runKind(evaluateKnn, { with: { p: 3 }, inputs })).rejects.toThrow("with.p");
  });
});

/** The label of the first nearest image by the sum of absolute differences of pixels. */
async function nearestLabels(train: string, test: string): Promise<number[]> {
  const [rows, queries] = [await openImages(train), await openImages(test)];
  const [x, y] = [rows.pick(range(0, rows.count)), queries.pick(range(0, queries.count))];
  return Array.from({ length: queries.count }, (_, q) => {
    const distances = Array.from({ length: rows.count }, (_, r) => {
      let sum = 0;
      for (let d = 0; d < 64; d++) sum += Math.abs((x[r * 64 + d] ?? 0) - (y[q * 64 + d] ?? 0));
      return sum;
    });
    return rows.labels?.[distances.indexOf(Math.min(...distances))] ?? -1;
  });
}

function reportOf(folder: string): unknown {
  return parseJson(readFileSync(join(folder, "report.json"), "utf8"), "report");
}
