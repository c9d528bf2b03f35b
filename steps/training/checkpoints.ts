import { writeFile } from "node:fs/promises";
import type { JsonObject, StepContext } from "../../runner/step-api.js";
import type { ProgramArrays } from "../engine/index.js";
import type { NdArray } from "../formats/arrays.js";
import { encodeSafetensors, readSafetensors } from "../formats/safetensors.js";
import { weightArrays } from "../nn/model.js";
import type { InitialState } from "../nn/net.js";
import type { OptimiserOptions } from "../nn/optimisers/optimiser-options.js";
import { initialAverages, type Optimiser } from "../nn/optimisers/optimiser.js";
import { type Curve, isRegular } from "./rate-meter.js";

/** What a training goes on from. */
export interface Checkpoint {
  readonly state: TrainState;
  readonly curve: Curve;
}

export interface Checkpoints {
  /** The newest one of the same training, at most as far as the wanted number of updates. */
  newest(): Promise<Checkpoint | undefined>;
  /** Keeps `at()` if a checkpoint is due after `update` updates. */
  keep(update: number, at: () => Promise<Checkpoint>): Promise<void>;
}

/** Options of every training. */
export interface CheckpointOptions {
  readonly updates: number;
  /** Updates from one checkpoint to the next; 0: none. */
  readonly checkpoint: number;
  readonly optimiser: OptimiserOptions;
}

/**
 * Checkpoints as parts of the step. The key is all that a state depends on: `options` without `checkpoint` and, where
 * the learning rate does not depend on it, without the number of updates. So a longer training finds what a shorter
 * one left, and each checkpoint's bytes are the same whichever training made it.
 * A checkpoint that nothing goes on from any more may be dropped at any time; all but the newest are such.
 */
export function checkpoints(
  ctx: Pick<StepContext, "part" | "findPart">,
  { updates, checkpoint: every, ...options }: CheckpointOptions & JsonObject,
): Checkpoints {
  const lengthMatters = options.optimiser.schedule === "cosine";
  const keyOf = (update: number): JsonObject => ({
    ...options,
    checkpoint: update,
    of: lengthMatters ? updates : null,
  });
  // The last state of a training whose length matters is of no use to any other.
  const last = lengthMatters ? updates - 1 : updates;
  return {
    async newest() {
      if (every === 0) return undefined;
      for (let update = last - (last % every); update > 0; update -= every) {
        const path = await ctx.findPart(keyOf(update));
        if (path !== undefined) return readCheckpoint(path);
      }
      return undefined;
    },
    async keep(update, at) {
      if (every === 0 || update % every !== 0 || update > last) return;
      await ctx.part(keyOf(update), async path => writeCheckpoint(path, await at()));
    },
  };
}

/** The options that have a part in a training's result: its recipe. */
export function recipeOf(options: CheckpointOptions & JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== "checkpoint"));
}

/** One file: the arrays, and in its metadata the number of updates and the curve. */
async function writeCheckpoint(path: string, { state, curve }: Checkpoint): Promise<void> {
  const tensors = Object.entries(state.arrays).map(([name, { shape, data }]): [string, NdArray] => {
    if (!(data instanceof Float32Array)) throw new TypeError(`the state '${name}' must be float32`);
    return [name, { dtype: "f4", shape, data }];
  });
  const metadata = {
    format: "vistas-training-1",
    update: String(state.update),
    // Without the point that is there only because a training ended here.
    curve: JSON.stringify(curve.filter(([update]) => isRegular(update))),
  };
  await writeFile(path, encodeSafetensors({ tensors: new Map(tensors), metadata }));
}

async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const { format, update, curve } = metadata;
  if (format !== "vistas-training-1" || update === undefined || curve === undefined)
    throw new Error(`${path} is no checkpoint of a training`);
  return {
    state: { update: Number(update), arrays: weightArrays(tensors) },
    curve: JSON.parse(curve) as Curve,
  };
}

/**
 * All that a training is made of between two updates. Data order, augmentation and learning rate are functions of
 * the update's number, so a training that starts from a state goes on bit by bit as if never interrupted (with the
 * same options: a cosine schedule knows the total number of updates).
 */
export interface TrainState {
  /** Updates done. */
  readonly update: number;
  /** Parameters, batch norm's running statistics, and the optimiser's averages beside each parameter. */
  readonly arrays: ProgramArrays;
}

/** Where a training starts. */
export function startState({ params, running }: InitialState, optimiser: Optimiser): TrainState {
  return { update: 0, arrays: { ...params, ...running, ...initialAverages(optimiser, params) } };
}
