import type { RandomStream, StepContext } from "../../runner/step-api.js";
import { featuresLayer } from "../artifacts/encoder-layers.js";
import { readEncoder } from "../artifacts/encoder.js";
import {
  encodedFeatures,
  type Features,
  type LabelledImages,
  rawFeatures,
  standardise,
} from "../artifacts/features.js";
import { openImages } from "../artifacts/images.js";
import { sameShape, shapeText } from "../formats/arrays.js";
import type { LayerTypes } from "../nn/layers/layer.js";
import type { FitOptions } from "./fit-options.js";

type Context = Pick<StepContext<FitOptions>, "with" | "inputs" | "random" | "device" | "signal">;

/** The images that an evaluation fits on, and those that it tests on: of one size, with the same classes. */
export interface Sets {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  readonly classes: readonly string[];
}

/** Opens the inputs `train` and `test`, and takes of the first what `labels` says. Throws unless they fit each other. */
export async function openSets(ctx: Context): Promise<Sets> {
  const { labels } = ctx.with;
  const train = await openLabelled(ctx.inputs["train"], "train");
  const test = await openLabelled(ctx.inputs["test"], "test");
  if (!sameShape(train.shape, test.shape))
    throw new Error(`train images are ${shapeText(train.shape)}, test images ${shapeText(test.shape)}`);
  checkClasses(train.classes, test.classes, "train");
  checkSeveral(train, "train");
  const chosen = labels === 0 ? train : pickPerClass(train, labels, ctx.random("labels"));
  return { train: chosen, test, classes: train.classes };
}

/** Opens an images artifact. Throws when it has no labels; `role` stands in the error. */
export async function openLabelled(folder: string | undefined, role: string): Promise<LabelledImages> {
  const file = await openImages(folder ?? "");
  const { labels } = file;
  if (labels === undefined) throw new Error(`the '${role}' images have no labels; an evaluation needs them`);
  return { ...file, labels };
}

/** Throws when all images are of one class: any prediction would be right, and say nothing. */
export function checkSeveral({ labels, classes }: LabelledImages, role: string): void {
  const [first, ...others] = new Set(labels);
  if (others.length > 0) return;
  throw new Error(
    `all ${labels.length} '${role}' images are of one class, '${classes[first ?? 0] ?? String(first)}': there is nothing to tell apart`,
  );
}

/** Throws unless the test images have the classes of what is tested, in their order. */
export function checkClasses(of: readonly string[], test: readonly string[], what: string): void {
  if (of.join("\n") !== test.join("\n"))
    throw new Error(`${what} classes are [${of.join(", ")}], test classes [${test.join(", ")}]`);
}

/** The features of both sets, [train, test]: the encoder's, or pixels; standardised if the options say so. */
export async function extractFeatures(
  ctx: Context,
  { train, test }: Sets,
  layers?: LayerTypes,
): Promise<[Features, Features]> {
  const { encoder } = ctx.inputs;
  const { layer } = ctx.with;
  if (encoder === undefined && layer !== featuresLayer)
    throw new Error(`with.layer is '${layer}', but there is no input 'encoder' whose layer that could be`);
  const [fit, held] =
    encoder === undefined
      ? [rawFeatures(train), rawFeatures(test)]
      : await encodedFeatures(
          await readEncoder(encoder, layer, layers),
          [train, test],
          ctx.device,
          ctx.signal,
        );
  if (fit === undefined || held === undefined) throw new Error("Internal error: features of two sets.");
  return ctx.with.standardise ? standardise([fit, held]) : [fit, held];
}

/** Where the features came from, for the report. */
export function featureFacts(
  ctx: Context,
  { width }: Features,
): { readonly from: string; readonly layer?: string; readonly width: number } {
  if (ctx.inputs["encoder"] === undefined) return { from: "pixels", width };
  return { from: "encoder", layer: ctx.with.layer, width };
}

/**
 * `total` images, the same number of each class that has any, drawn without replacement: image i of a class has its own
 * random number, and the smallest ones are taken, so that 200 labels contain the 100 of the same seed. Throws when
 * `total` is no multiple of the number of classes, or a class has too few.
 */
export function pickPerClass(set: LabelledImages, total: number, random: RandomStream): LabelledImages {
  const present = [...new Set(set.labels)].sort((a, b) => a - b);
  const [k, each] = [present.length, Math.floor(total / present.length)];
  if (each * k !== total)
    throw new Error(
      `labels: ${total} cannot be the same number of each of ${k} classes; write a multiple of ${k}, such as ` +
        `${Math.max(1, Math.round(total / k)) * k}`,
    );
  const ranks = set.labels.map((_, i) => random.at(i).uint32() | 0);
  const picked = present.flatMap(label => {
    const own = [...set.labels.keys()].filter(i => set.labels[i] === label);
    if (own.length < each)
      throw new Error(
        `labels: ${total} need ${each} images of '${set.classes[label] ?? String(label)}'; there are ${own.length}`,
      );
    return own.sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b).slice(0, each);
  });
  return {
    ...set,
    count: picked.length,
    labels: Int32Array.from(picked, i => set.labels[i] ?? 0),
    pick: indices => set.pick(Array.from(indices, i => picked[i] ?? 0)),
  };
}
