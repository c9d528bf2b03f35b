import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "../../runner/step-api.js";
import { parseJson } from "../../steps/formats/json.js";
import { readSafetensors } from "../../steps/formats/safetensors.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import { encoderLayers, headLayers } from "../../steps/training/architecture.js";
import { initialState } from "../../steps/nn/net.js";
import { runKind } from "../rig/context.js";
import { shapes, shapesFolder, viewsFolder } from "./data.js";

const encoder = { kind: "conv", channels: [4, 8], strides: [2, 2], width: 16 };
const small = {
  encoder,
  head: [16, 8],
  updates: 40,
  batch: 12,
  augment: { crop: { scale: [0.5, 1] }, flip: 0.5, brightness: 0.4 },
  noise: 0.05,
  optimiser: { lr: 0.01 },
};
const device = { backend: "wasm" };

describe("train-contrastive", () => {
  it("lowers the loss on real images, and makes the same bytes again", async () => {
    const inputs = { images: await shapesFolder(60) };
    const first = await runKind(trainContrastive, { with: small, inputs, device });
    const again = await runKind(trainContrastive, { with: small, inputs, device });
    const losses = (first.curves["loss"] ?? []).map(([, loss]) => loss);
    expect(losses).toHaveLength(4);
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
    for (const file of ["model.safetensors", "model.json", "curve.json"])
      expect(bytes(again, file)).toEqual(bytes(first, file));
    const other = await runKind(trainContrastive, { with: { ...small, seed: 1 }, inputs, device });
    expect(bytes(other, "model.safetensors")).not.toEqual(bytes(first, "model.safetensors"));
  });

  it("learns from stored views alone, two of four at a time or all of them", async () => {
    const inputs = { views: await viewsFolder(48, 4) };
    for (const views of [2, 4]) {
      const given = { ...small, augment: {}, noise: 0, views };
      const { curves } = await runKind(trainContrastive, { with: given, inputs, device });
      const losses = (curves["loss"] ?? []).map(([, loss]) => loss);
      expect(losses.at(-1)).toBeLessThan(0.95 * (losses[0] ?? 0));
    }
  });

  it.each([
    ["supcon", "labelled views", async () => ({ views: await viewsFolder(60, 2, 0, shapes) })],
    ["alignment-uniformity", "real images", async () => ({ images: await shapesFolder(60) })],
  ] as const)("lowers %s on %s", async (kind, _, open) => {
    const given = { ...small, objective: { kind }, updates: 60 };
    const { curves, outputs } = await runKind(trainContrastive, {
      with: given,
      inputs: await open(),
      device,
    });
    const losses = (curves["loss"] ?? []).map(([, loss]) => loss);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) - 0.1);
    const card = readFileSync(join(outputs["encoder"] ?? "", "model.json"), "utf8");
    expect(parseJson(card, "card")["recipe"]).toMatchObject({ objective: { kind } });
  });

  it("with no updates keeps the weights that a training of the same seed starts from", async () => {
    const inputs = { images: await shapesFolder(60) };
    const random = await runKind(trainContrastive, { with: { ...small, updates: 0, seed: 3 }, inputs });
    const { tensors } = await readSafetensors(join(random.outputs["encoder"] ?? "", "model.safetensors"));
    const initial = initialState(spec(), [8, 8, 1], randomStream(3, "initialisation"));
    expect(tensors.get("layers.0.kernel")?.data).toEqual(initial.params["layers.0.kernel"]?.data);
    expect(tensors.get("head.layers.1.kernel")?.data).toEqual(initial.params["layers.8.kernel"]?.data);
    expect(tensors.get("layers.1.variance")?.data).toEqual(new Float32Array(4).fill(1));
    const still = { lr: 1e-30, schedule: "constant" };
    const trained = await runKind(trainContrastive, {
      with: { ...small, updates: 1, optimiser: still, seed: 3 },
      inputs,
      device,
    });
    const after = await readSafetensors(join(trained.outputs["encoder"] ?? "", "model.safetensors"));
    expect(after.tensors.get("layers.0.kernel")?.data).toEqual(tensors.get("layers.0.kernel")?.data);
    // The running statistics have moved towards the first batch's.
    expect(after.tensors.get("layers.1.mean")?.data).not.toEqual(tensors.get("layers.1.mean")?.data);
  });

  it("says what is wrong with its inputs and options", async () => {
    const images = await shapesFolder(9);
    const views = await viewsFolder(9, 2);
    const run = (given: object, inputs: Record<string, string>): Promise<unknown> =>
      runKind(trainContrastive, { with: { ...small, ...given }, inputs, device });
    await expect(run({}, {})).rejects.toThrow("exactly one of the inputs");
    await expect(run({}, { images, views })).rejects.toThrow("exactly one of the inputs");
    await expect(run({}, { images })).rejects.toThrow("a batch of 12 needs as many examples; there are 9");
    await expect(run({ augment: {}, noise: 0, batch: 4 }, { images })).rejects.toThrow("the same picture");
    const supcon = { objective: { kind: "supcon" }, batch: 4 };
    await expect(run(supcon, { views })).rejects.toThrow("generated views have no labels");
    await expect(run({ views: 3, batch: 4 }, { views })).rejects.toThrow("2 stored views");
    await expect(run({ encoder: { strides: [2] } }, { images })).rejects.toThrow("as many 'strides'");
    const wild = { optimiser: { lr: 1e30, schedule: "constant" }, batch: 4 };
    await expect(run(wild, { images })).rejects.toThrow(/diverged: the loss is (NaN|Infinity) at update \d+/);
  });

  it("stops when it is cancelled", async () => {
    const inputs = { images: await shapesFolder(60) };
    const signal = AbortSignal.abort(new Error("enough"));
    const run = runKind(trainContrastive, { with: small, inputs, device, signal });
    await expect(run).rejects.toThrow("enough");
  });
});

function spec(): ReturnType<typeof headLayers> {
  const options = { ...encoder, kernel: 3, pool: "flatten", hidden: [1], layers: [] } as const;
  const layers = encoderLayers({ ...options, kind: "conv" }, [8, 8, 1]).layers;
  return { layers: [...layers, ...headLayers([16, 8]).layers] };
}

function bytes(run: { readonly outputs: Readonly<Record<string, string>> }, file: string): Buffer {
  return readFileSync(join(run.outputs["encoder"] ?? "", file));
}
