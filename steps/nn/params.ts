import type { Tensor, Tensor1D, Tensor2D, Tensor4D, TensorFlow } from "../engine/types.js";

/** A named tensor's numbers, as files hold them: row-major. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
/** In insertion order, which is the order of the layers. */
export type NamedArrays = Readonly<Record<string, NamedArray>>;

/**
 * Named tensors that live across training steps: parameters, running statistics, an optimiser's moments. It owns
 * its tensors: what is put in is kept out of `tf.tidy`, and freed when replaced.
 * Does not: know which are trained; `valueAndGradients` is told.
 */
export class Params {
  readonly #tensors = new Map<string, Tensor>();

  constructor(
    readonly tf: TensorFlow,
    arrays: NamedArrays = {},
  ) {
    for (const [name, { shape, data }] of Object.entries(arrays))
      this.set(name, tf.tensor(data, [...shape], "float32"));
  }

  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** The tensor itself, not a copy: do not dispose of it. Throws on a name that is not there. */
  get(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined)
      throw new Error(`There is no parameter ${JSON.stringify(name)} among ${this.names.join(", ")}.`);
    return tensor;
  }

  /** `get` of a bias or a statistic: [n]. Throws on another rank; so do `matrix` and `filter`. */
  vector(name: string): Tensor1D {
    return this.#ofRank(name, 1) as Tensor1D;
  }

  /** `get` of a dense layer's weight: [in, out]. */
  matrix(name: string): Tensor2D {
    return this.#ofRank(name, 2) as Tensor2D;
  }

  /** `get` of a convolution's filter: [kh, kw, in, out]. */
  filter(name: string): Tensor4D {
    return this.#ofRank(name, 4) as Tensor4D;
  }

  /** Takes `tensor` over; the one it replaces is freed. A new name goes to the end. */
  set(name: string, tensor: Tensor): void {
    const old = this.#tensors.get(name);
    if (old !== undefined && old.shape.join() !== tensor.shape.join())
      throw new Error(`Parameter ${name} has shape [${old.shape.join()}], not [${tensor.shape.join()}].`);
    this.#tensors.set(name, this.tf.keep(tensor));
    if (old !== tensor) old?.dispose();
  }

  /** Copies of the numbers, for files. */
  async arrays(): Promise<NamedArrays> {
    const entries = [...this.#tensors].map(async ([name, tensor]) => {
      const data = (await tensor.data()) as Float32Array;
      return [name, { shape: tensor.shape, data }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  #ofRank(name: string, rank: number): Tensor {
    const tensor = this.get(name);
    if (tensor.rank !== rank) throw new Error(`Parameter ${name} has rank ${tensor.rank}, not ${rank}.`);
    return tensor;
  }

  dispose(): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}

/** Number of scalars in all, such as for a model card. */
export function countOf(arrays: NamedArrays): number {
  return Object.values(arrays).reduce((sum, { data }) => sum + data.length, 0);
}
