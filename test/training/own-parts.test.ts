import { describe, expect, it } from "@jest/globals";
import { join } from "node:path";
import { defineProbe } from "../../steps/doors/evaluation.js";
import type { LayerTypes } from "../../steps/doors/nn.js";
import { defineContrastive } from "../../steps/doors/training.js";
import { readSafetensors } from "../../steps/formats/safetensors.js";
import evaluateProbe from "../../steps/kinds/evaluate-probe/index.js";
import trainContrastive from "../../steps/kinds/train-contrastive/index.js";
import { runKind } from "../rig/context.js";
import { shapesFolder } from "./data.js";

const device = { backend: "wasm" };
const summary = "of the tests";
const layers: LayerTypes = {
  scale: {
    options: { by: { type: "number" } },
    elementwise: true,
    stage: "scale",
    shapes: (_, input) => ({ output: input, weights: { factor: { shape: input.slice(-1), initial: 2 } } }),
    forward: ({ tf, weight }, { by = 1 }, x) => tf.mul(x, tf.mul(weight("factor"), Number(by))),
  },
};
const kind = defineContrastive({
  kind: "train-own",
  summary,
  layers,
  losses: {
    distance: {
      summary: "views of an anchor are near each other",
      options: { push: { type: "number", default: 0.5 } },
      labelled: true,
      loss: (tf, z, { labels, options }) =>
        tf.add(tf.mean(tf.square(z)), tf.mul(tf.mean(labels ?? z), Number(options["push"]))),
    },
  },
  encoders: {
    scaled: {
      summary: "one layer",
      options: { units: { type: "integer", default: 5 } },
      layers: ({ units }, [height, width]) => [
        { type: "flatten" },
        { type: "dense", units: Number(units) + height - width },
        { type: "residual", layers: [{ type: "scale", by: 0.5 }], activation: "relu" },
      ],
    },
  },
  augmentations: {
    dim: {
      options: { type: "number" },
      make: factor => (image, draws) => {
        const by = Number(factor) * draws.uniform();
        for (let i = 0; i < image.length; i++) image[i] = (image[i] ?? 0) * by;
      },
    },
  },
});

async function trained(augment: object, updates = 2): Promise<Awaited<ReturnType<typeof runKind>>> {
  return runKind(kind, {
    with: {
      ...{ encoder: { kind: "scaled" }, objective: { kind: "distance" }, head: [3], updates, batch: 8 },
      ...{ augment: { flip: 0.5, ...augment }, optimiser: { warmup: 0 } },
    },
    inputs: { images: await shapesFolder(40) },
    device,
  });
}

describe("a kind of contrastive training with parts of a project's own", () => {
  it("trains layers of its own, which an evaluation reads that knows them", async () => {
    const { outputs, curves } = await trained({ dim: 0.9 }, 10);
    expect(curves["loss"]?.every(([, loss]) => Number.isFinite(loss))).toBe(true);
    const encoder = outputs["encoder"] ?? "";
    const { tensors } = await readSafetensors(join(encoder, "model.safetensors"));
    const factor = tensors.get("layers.2.layers.0.factor");
    expect(factor?.shape).toEqual([5]);
    // It began at 2, and was trained.
    expect(factor?.data.some(value => value !== 2)).toBe(true);
    const inputs = { encoder, train: await shapesFolder(30), test: await shapesFolder(9, 1) };
    const probe = defineProbe({ kind: "probe-own", summary, layers });
    const { metrics } = await runKind(probe, { with: { layer: "residual1" }, inputs, device });
    expect(metrics["features"]).toBe(5);
    await expect(runKind(evaluateProbe, { inputs, device })).rejects.toThrow(
      'unknown layer "scale" (known: dense',
    );
  });

  it("makes its own augmentations of the same draws at each run, and none unless they are asked for", async () => {
    const weights = async (augment: object): Promise<readonly unknown[]> => {
      const { outputs } = await trained(augment);
      const { tensors } = await readSafetensors(join(outputs["encoder"] ?? "", "model.safetensors"));
      return [...(tensors.get("layers.1.kernel")?.data ?? [])];
    };
    const dimmed = await weights({ dim: 0.9 });
    expect(await weights({ dim: 0.9 })).toEqual(dimmed);
    expect(await weights({})).not.toEqual(dimmed);
  });

  it("leaves vistas's own options as they are, and may not take their names", () => {
    const properties = (definition: { readonly with: unknown }): Record<string, unknown> =>
      (definition.with as { properties: Record<string, { properties: Record<string, unknown> }> }).properties;
    expect(Object.keys(properties(kind))).toEqual(Object.keys(properties(trainContrastive)));
    const define = (parts: object) => () => defineContrastive({ kind: "k", summary, ...parts });
    expect(define({ losses: { supcon: { summary } } })).toThrow("vistas has a loss 'supcon'");
    expect(define({ losses: { own: { summary, options: { weight: {} } } } })).toThrow("the option 'weight'");
    expect(define({ losses: { own: { summary, options: { kind: {} } } } })).toThrow("the option 'kind'");
    expect(define({ encoders: { mlp: { summary } } })).toThrow("vistas has an encoder 'mlp'");
    expect(define({ encoders: { own: { summary, options: { width: {} } } } })).toThrow("the option 'width'");
    expect(define({ layers: { dense: layers["scale"] } })).toThrow("vistas has a layer 'dense'");
    expect(() => defineProbe({ kind: "k", summary, layers: { dense: layers["scale"] as never } })).toThrow(
      TypeError,
    );
    expect(define({ augmentations: { flip: { options: {} } } })).toThrow("vistas has an augmentation 'flip'");
  });
});
