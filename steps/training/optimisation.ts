import type { TensorFlow } from "../engine/index.js";
import { adam } from "../nn/adam.js";
import type { Optimiser } from "../nn/optimiser.js";
import type { NamedArrays, Params } from "../nn/params.js";
import { cosineRate } from "../nn/schedule.js";
import { sgd } from "../nn/sgd.js";
import type { OptimiserOptions } from "./optimiser-options.js";

/** `state`: what a former optimiser's `state()` gave. */
export function makeOptimiser(
  tf: TensorFlow,
  params: Params,
  { kind, momentum, weightDecay }: OptimiserOptions,
  state: NamedArrays = {},
): Optimiser {
  return kind === "adam"
    ? adam(tf, params, { weightDecay }, state)
    : sgd(tf, params, { momentum, weightDecay }, state);
}

/** The learning rate at `update` (from 0) of `updates`. The cosine depends on the total: 2,000 is not 500 + 1,500. */
export function learningRate(
  { lr, schedule, warmup }: OptimiserOptions,
  update: number,
  updates: number,
): number {
  if (schedule === "cosine") return cosineRate(lr, update, updates, warmup);
  return update < warmup ? (lr * (update + 1)) / warmup : lr;
}
