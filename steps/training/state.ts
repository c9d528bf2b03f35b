import type { ProgramArrays } from "../engine/index.js";
import { initialAverages, type Optimiser } from "../nn/optimisers/optimiser.js";
import type { InitialState } from "../nn/net.js";

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
