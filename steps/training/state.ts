import type { NamedArrays } from "../nn/params.js";

/**
 * All that a training is made of between two updates. Data order, augmentation and learning rate are functions of
 * the update's number, so a training that starts from a state goes on bit by bit as if never interrupted (with the
 * same options: a cosine schedule knows the total number of updates).
 */
export interface TrainState {
  /** Updates done. */
  readonly update: number;
  readonly params: NamedArrays;
  readonly running: NamedArrays;
  readonly optimiser: NamedArrays;
}
