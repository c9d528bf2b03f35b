import type { Tensor, Tensor2D } from "../../engine/types.js";
import type { ImageLayout } from "../generator-card.js";
import type { Tf } from "../model.js";
import type { Network } from "../network.js";
import { shapeOf, type Value } from "./call.js";
import { interpret } from "./interpret.js";
import { prepare } from "./prepare.js";
import type { TensorGraph } from "./types.js";

/** A network, and what its output looks like to itself. */
export interface GraphNetwork extends Network {
  /** The shape of the output for these latents, in the model's own order of axes. Call it within `tf.tidy`. */
  outputShape(tf: Tf, weights: Parameters<Network["run"]>[1], z: Tensor2D): readonly number[];
}

/**
 * A graph as a network whose image is [H, W, C] = `shape`, put out as `layout` says, with or without axes. Folds
 * constants now; throws where the graph is none that can be run.
 */
export function graphNetwork(
  graph: TensorGraph,
  shape: readonly [number, number, number],
  layout: ImageLayout,
): GraphNetwork {
  const prepared = prepare(graph);
  const run = (tf: Tf, weights: Parameters<Network["run"]>[1], z: Tensor2D): Value =>
    interpret(prepared, tf, weights, tf.reshape(z, [z.shape[0], ...latentAxes(graph, z.shape[1])]));
  return {
    weights: prepared.weights,
    outputShape: (tf, weights, z) => shapeOf(run(tf, weights, z)),
    run: (tf, weights, z) => channelsLast(tf, run(tf, weights, z), z.shape[0], shape, layout),
  };
}

/** The latent's axes but the batch: [dim], or [dim, 1, 1] as convolutional generators take it. */
function latentAxes({ input }: TensorGraph, dim: number): number[] {
  return input.shape.slice(1).map(size => (size === 1 ? 1 : dim));
}

function channelsLast(
  tf: Tf,
  value: Value,
  batch: number,
  [height, width, channels]: readonly [number, number, number],
  layout: ImageLayout,
): Tensor {
  if (value.kind === "host") throw new Error("the output does not depend on the latent's numbers");
  if (layout === "channels-last" && !value.image) return value.tensor;
  if (layout === "channels-first" && value.image) return value.tensor;
  if (value.image) return tf.transpose(value.tensor, [0, 3, 1, 2]);
  return tf.transpose(tf.reshape(value.tensor, [batch, channels, height, width]), [0, 2, 3, 1]);
}
