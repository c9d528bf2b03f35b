import type { ProgramArrays } from "../../engine/index.js";
import { adam } from "./adam.js";
import type { OptimiserOptions } from "./optimiser-options.js";
import { type Optimiser, scalarArrays } from "./optimiser.js";
import { sgd } from "./sgd.js";

export function makeOptimiser({ kind, momentum, weightDecay, beta1 }: OptimiserOptions): Optimiser {
  if (kind === "sgd") return sgd({ momentum, weightDecay });
  return adam(beta1 === undefined ? { weightDecay } : { weightDecay, beta1 });
}

/** What the optimiser takes at `update` (from 0) of `updates`, as inputs of the step function. */
export function optimiserInputs(options: OptimiserOptions, update: number, updates: number): ProgramArrays {
  return scalarArrays(makeOptimiser(options).scalars(update, learningRate(options, update, updates)));
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

/**
 * Learning rate at update `step` (0-based) of `total`: a linear rise over `warmup` updates, then half a cosine down
 * to 0 (Loshchilov & Hutter, "SGDR", ICLR 2017, without restarts). A pure function: nothing to save.
 */
export function cosineRate(base: number, step: number, total: number, warmup = 0): number {
  if (step < warmup) return (base * (step + 1)) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, total - warmup));
  return (base * (1 + Math.cos(Math.PI * progress))) / 2;
}
