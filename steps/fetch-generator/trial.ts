import { randomStream } from "../../runner/step-api.js";
import type { ProgramTensors } from "../engine/program.js";
import type { Tensor2D, TensorFlow } from "../engine/types.js";
import { elementCount } from "../lib/arrays.js";
import type { Generator } from "../lib/generator.js";
import { drawLatent } from "../lib/latents.js";
import { graphNetwork, type TensorGraph } from "../lib/graph/index.js";
import type { Network } from "../lib/network.js";

/** The shape of the model's output for two latents, in its own order of axes. */
export function outputShape(tf: TensorFlow, graph: TensorGraph, dim: number): readonly number[] {
  const network = graphNetwork(graph, [1, 1, 1], "channels-first");
  let shape: readonly number[] = [];
  try {
    tf.tidy(() => {
      shape = network.outputShape(tf, place(tf, network), latents(tf, dim, 2));
    });
    return shape;
  } catch (error) {
    throw batchHint(graph, error);
  }
}

/**
 * Runs the model on three latents at once, and on the first by itself. Throws unless finite images come out, the same
 * both ways: an image that depends on the others in its batch has no latent. Gives the values' range.
 */
export async function tryOut(
  tf: TensorFlow,
  { card, latentDim }: Generator,
  network: Network,
  made: readonly number[],
): Promise<{ readonly low: number; readonly high: number }> {
  const { shape, range } = card.image;
  const size = elementCount(shape);
  if (made[0] !== 2 || made.reduce((product, n) => product * n, 1) !== 2 * size)
    throw new Error(
      `for 2 latents its output is [${made.join(", ")}]; images [${shape.join(", ")}] would be [2, ${shape.join(", ")}]`,
    );
  if (shape[2] !== 1 && shape[2] !== 3)
    throw new Error(
      `its output is no image: it would have ${shape[2]} channels, not 1 or 3. If the axes are in another order, ` +
        "say it: image: { layout: channels-first } or channels-last",
    );
  const [three, one] = tf.tidy(() => {
    const weights = place(tf, network);
    const z = latents(tf, latentDim, 3);
    return [
      network.run(tf, weights, z),
      network.run(tf, weights, tf.slice(z, [0, 0], [1, latentDim])),
    ] as const;
  });
  const [batch, alone] = [await three.data<"float32">(), await one.data<"float32">()];
  tf.dispose([three, one]);
  let [low, high] = [Infinity, -Infinity];
  for (const value of batch) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!batch.every(Number.isFinite)) throw new Error("it makes NaN or infinite values");
  const worst = alone.reduce((most, value, i) => Math.max(most, Math.abs(value - (batch[i] ?? NaN))), 0);
  if (!(worst <= 1e-3 * (range[1] - range[0])))
    throw new Error(
      `its images depend on the others in their batch (by up to ${worst.toPrecision(2)}). Export it in inference mode ` +
        "(model.eval(), training=False), with an open batch axis",
    );
  return { low, high };
}

function place(tf: TensorFlow, { weights }: Network): ProgramTensors {
  const placed = Object.entries(weights).map(
    ([name, { data, shape }]) => [name, tf.tensor(data, [...shape])] as const,
  );
  return Object.fromEntries(placed);
}

function latents(tf: TensorFlow, dim: number, count: number): Tensor2D {
  const data = new Float32Array(count * dim);
  const draws = randomStream(0, "trial").at(0);
  drawLatent({ dim: count * dim, prior: "truncatedNormal", truncation: 1 }, draws, data);
  return tf.tensor2d(data, [count, dim]);
}

function batchHint({ input }: TensorGraph, error: unknown): Error {
  const [batch = -1] = input.shape;
  const hint =
    batch > 0
      ? ` (the file was made for batches of ${batch}; export it with an open batch axis, dynamic_axes in PyTorch)`
      : "";
  return new Error(`${(error as Error).message}${hint}`, { cause: error });
}
