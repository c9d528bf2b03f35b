/**
 * How parameters follow their gradients, as pure functions: what changes from update to update comes in as scalars
 * that are computed in double precision, and the running averages beside each parameter are part of the state.
 */
import type { ProgramArray, ProgramArrays, ProgramTensors, Tensor, TensorFlow } from "../../engine/types.js";

/** A rule for one parameter, with names for its running averages and for its scalars. */
export interface Optimiser<Average extends string = string, Scalars extends string = string> {
  /** Kept beside every parameter as `<average>/<parameter>`; they begin at 0. */
  readonly averages: readonly Average[];
  /** What update number `update` (from 0) takes at this learning rate. */
  scalars(update: number, rate: number): Readonly<Record<Scalars, number>>;
  /** Parameter `p` and its averages after a step along the gradient `g`. */
  move(
    tf: TensorFlow,
    p: Tensor,
    g: Tensor,
    averages: Readonly<Record<Average, Tensor>>,
    scalars: Readonly<Record<Scalars, Tensor>>,
  ): { readonly p: Tensor; readonly averages: Readonly<Record<Average, Tensor>> };
}

/** The averages of parameters that have not moved yet. */
export function initialAverages({ averages }: Optimiser, params: ProgramArrays): ProgramArrays {
  const zeros = Object.entries(params).flatMap(([name, { shape, data }]) =>
    averages.map((average): [string, ProgramArray] => [
      `${average}/${name}`,
      { shape, data: new Float32Array(data.length) },
    ]),
  );
  return Object.fromEntries(zeros);
}

/** Moves the parameters that `gradients` names: the entries of `state` that change. */
export function moveAll(
  tf: TensorFlow,
  optimiser: Optimiser,
  state: ProgramTensors,
  gradients: ProgramTensors,
  scalars: ProgramTensors,
): ProgramTensors {
  const changed: Record<string, Tensor> = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const own = Object.fromEntries(
      optimiser.averages.map(average => [average, tensorOf(state, `${average}/${name}`)]),
    );
    const moved = tf.tidy(() => {
      const { p, averages: after } = optimiser.move(tf, tensorOf(state, name), gradient, own, scalars);
      return { ...after, p };
    });
    for (const [key, tensor] of Object.entries(moved))
      changed[key === "p" ? name : `${key}/${name}`] = tensor;
  }
  return changed;
}

/** The same rule with steps of `factor` times their length. */
export function withRateMultiplier<A extends string, S extends string>(
  optimiser: Optimiser<A, S>,
  factor: number,
): Optimiser<A, S> {
  if (factor === 1) return optimiser;
  return {
    ...optimiser,
    move(tf, p, ...rest) {
      const moved = optimiser.move(tf, p, ...rest);
      return { ...moved, p: tf.add(p, tf.mul(tf.sub(moved.p, p), factor)) };
    },
  };
}

/** Numbers as inputs of a step function: scalars of rank 0. */
export function scalarArrays(numbers: Readonly<Record<string, number>>): ProgramArrays {
  const arrays = Object.entries(numbers).map(([name, value]): [string, ProgramArray] => [
    name,
    { shape: [], data: Float32Array.of(value) },
  ]);
  return Object.fromEntries(arrays);
}

/** A tensor by name. Throws on a name that is not there. */
export function tensorOf(tensors: ProgramTensors, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new Error(`There is no tensor ${JSON.stringify(name)} among ${Object.keys(tensors).join(", ")}.`);
  return tensor;
}
