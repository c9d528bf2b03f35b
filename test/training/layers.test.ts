import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import evaluateKnn from "../../steps/kinds/evaluate-knn/index.js";
import evaluateProbe from "../../steps/kinds/evaluate-probe/index.js";
import { encodedFeatures } from "../../steps/artifacts/features.js";
import { openImages } from "../../steps/artifacts/images.js";
import { parseJson } from "../../steps/formats/json.js";
import { type ModelSpec, modelShapes } from "../../steps/nn/model.js";
import { readSafetensors } from "../../steps/formats/safetensors.js";
import trainClassifier from "../../steps/kinds/train-classifier/index.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import { encoderLayerList } from "../../steps/artifacts/encoder-layers.js";
import { readEncoder } from "../../steps/artifacts/encoder.js";
import { runKind } from "../rig/context.js";
import { naiveForward } from "../rig/naive-model.js";
import { shapesFolder } from "./data.js";

const device = { backend: "wasm" };
const encoder = { kind: "conv", channels: [4, 8], strides: [2, 2], width: 16 };
/** Images 8 x 8: maps of 4 x 4 x 4 and 2 x 2 x 8. */
const widths = {
  ...{ conv1: 64, "conv1.mean": 4, conv2: 32, "conv2.mean": 8 },
  ...{ dense1: 16, features: 16 },
};

describe("the option layer of an evaluation", () => {
  it.each(["conv1", "conv2", "conv2.mean", "dense1", "features"])(
    "takes %s of an encoder: what a naive forward pass has there",
    async layer => {
      const folder = await trained();
      const set = await openImages(await shapesFolder(5, 1));
      const given = await readEncoder(folder, layer);
      const signal = new AbortController().signal;
      const wasm = { backend: "wasm", cpus: 1, gpus: [] };
      const [features] = await encodedFeatures(given, [set], wasm, signal);
      expect(features?.width).toBe(widths[layer as keyof typeof widths]);
      const expected = await naiveLayer(
        folder,
        layer,
        Array.from(set.pick([3]), v => v / 255),
      );
      const row = features?.values.subarray(3 * expected.length, 4 * expected.length) ?? [];
      for (const [d, value] of expected.entries()) expect(row[d]).toBeCloseTo(value, 4);
    },
  );

  it("has every layer of the encoder, and an unknown one is refused with all names", async () => {
    const inputs = {
      encoder: await trained(),
      train: await shapesFolder(30),
      test: await shapesFolder(9, 1),
    };
    for (const [layer, width] of Object.entries(widths)) {
      const { outputs, metrics } = await runKind(evaluateProbe, { with: { layer }, inputs, device });
      expect(metrics["features"]).toBe(width);
      expect(reportOf(outputs)).toMatchObject({ features: { from: "encoder", layer, width } });
    }
    const knn = await runKind(evaluateKnn, { with: { layer: "conv2.mean", k: 1 }, inputs, device });
    expect(knn.metrics["features"]).toBe(8);
    const wrong = runKind(evaluateProbe, { with: { layer: "conv3" }, inputs, device });
    await expect(wrong).rejects.toThrow(
      "no layer 'conv3'; it has conv1 [64], conv1.mean [4], conv2 [32], conv2.mean [8], dense1 [16], features [16]",
    );
  });

  it("is refused where there is no encoder", async () => {
    const inputs = { train: await shapesFolder(30), test: await shapesFolder(9, 1) };
    const run = runKind(evaluateProbe, { with: { layer: "conv1" }, inputs, device });
    await expect(run).rejects.toThrow("no input 'encoder'");
  });

  it("counts a standardised classifier's layers from its first convolution", async () => {
    const { outputs } = await runKind(trainClassifier, {
      with: { encoder, standardise: true, updates: 1, batch: 12 },
      inputs: { images: await shapesFolder(30) },
      device,
    });
    const { card } = await readEncoder(outputs["classifier"] ?? "", "conv2");
    expect(encoderLayerList(card.encoder, card.image).map(({ name }) => name)).toEqual(Object.keys(widths));
  });
});

it("a residual of a pipeline's layer list is trained, kept, and a layer for evaluations", async () => {
  const conv = { type: "conv2d", filters: 4, kernel: 3, bias: false };
  const norm = { type: "batchNorm", activation: "relu" };
  const layers = [
    {
      type: "residual",
      activation: "relu",
      layers: [conv, norm, conv, { type: "batchNorm" }],
      shortcut: [conv],
    },
    { type: "globalAveragePool" },
  ];
  const { outputs } = await runKind(trainContrastive, {
    with: { encoder: { kind: "layers", layers }, head: [8], updates: 2, batch: 12, noise: 0.1 },
    inputs: { images: await shapesFolder(60) },
    device,
  });
  const folder = outputs["encoder"] ?? "";
  const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
  expect([...tensors.keys()].filter(name => name.startsWith("layers."))).toContain(
    "layers.0.shortcut.0.kernel",
  );
  expect(tensors.get("layers.0.layers.1.mean")?.data.some(value => value !== 0)).toBe(true);
  const set = await openImages(await shapesFolder(5, 1));
  const given = await readEncoder(folder, "residual1.mean");
  const wasm = { backend: "wasm", cpus: 1, gpus: [] };
  const [features] = await encodedFeatures(given, [set], wasm, new AbortController().signal);
  const pixels = Array.from(set.pick([0]), v => v / 255);
  for (const [d, value] of naiveForward({ layers }, tensors, [8, 8, 1], pixels).entries())
    expect(features?.values[d]).toBeCloseTo(value, 4);
});

async function trained(): Promise<string> {
  const { outputs } = await runKind(trainContrastive, {
    with: { encoder, head: [8], updates: 3, batch: 12, noise: 0.1 },
    inputs: { images: await shapesFolder(60) },
    device,
  });
  return outputs["encoder"] ?? "";
}

/** The layer list [conv, norm, conv, norm, flatten, dense, norm], cut by hand, and the mean by a loop. */
async function naiveLayer(folder: string, layer: string, pixels: number[]): Promise<number[]> {
  const card = parseJson(readFileSync(join(folder, "model.json"), "utf8"), "card");
  const { layers } = card["model"] as unknown as ModelSpec;
  const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
  const end = { conv1: 2, conv2: 4, dense1: 7, features: 7 }[layer.replace(".mean", "")] ?? 0;
  const cut = { layers: layers.slice(0, end) };
  const values = Array.from(naiveForward(cut, tensors, [8, 8, 1], pixels));
  if (!layer.endsWith(".mean")) return values;
  const channels = modelShapes(cut, [8, 8, 1]).output[2] ?? 0;
  return Array.from({ length: channels }, (_, c) => {
    const own = values.filter((__, i) => i % channels === c);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  });
}

function reportOf(outputs: Readonly<Record<string, string>>): unknown {
  return parseJson(readFileSync(join(outputs["report"] ?? "", "report.json"), "utf8"), "report");
}
