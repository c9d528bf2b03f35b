import type { Tensor } from "../engine/types.js";
import { type NamedArrays, Params } from "./params.js";

/** Moves parameters along their gradients. Its whole state can be saved and restored, bit by bit. */
export interface Optimiser {
  /** Steps taken so far, those before a restore included. */
  readonly steps: number;
  /** Updates the parameters that `gradients` names, in place, with this learning rate. Does not free `gradients`. */
  step(gradients: Readonly<Record<string, Tensor>>, rate: number): void;
  /** Moments and the step count, as arrays for a checkpoint. */
  state(): Promise<NamedArrays>;
  dispose(): void;
}

const STEPS = "steps";

/** Running averages beside each parameter, named `m/dense.weight`; they begin at 0. */
export class Moments {
  readonly #averages: Params;
  /** Exact in a float up to 2^24 steps. */
  steps: number;

  constructor(
    private readonly params: Params,
    state: NamedArrays,
  ) {
    const { [STEPS]: count, ...averages } = state;
    this.steps = count?.data[0] ?? 0;
    this.#averages = new Params(params.tf, averages);
  }

  get(moment: string, name: string): Tensor {
    const key = `${moment}/${name}`;
    if (!this.#averages.has(key)) this.#averages.set(key, this.params.tf.zeros(this.params.get(name).shape));
    return this.#averages.get(key);
  }

  set(moment: string, name: string, value: Tensor): void {
    this.#averages.set(`${moment}/${name}`, value);
  }

  async arrays(): Promise<NamedArrays> {
    const steps = { shape: [1], data: Float32Array.of(this.steps) };
    return { ...(await this.#averages.arrays()), [STEPS]: steps };
  }

  dispose(): void {
    this.#averages.dispose();
  }
}
