/** What a test of compiled programs is made of; see run-checks.ts. */
import { eagerProgram } from "../../../steps/engine/eager.js";
import type {
  Engine,
  ProgramArray,
  ProgramArrays,
  StepFunction,
  Tensor,
} from "../../../steps/engine/index.js";
import { numbers, relativeError, type Build } from "../rig.js";

export interface Check {
  readonly name: string;
  /** Throws where something is not as it should be. */
  readonly run: (engine: Engine) => Promise<void>;
}

/** Runs a step once, compiled and eagerly, and throws unless both give the same numbers, `tolerance` apart. */
export async function agree(
  engine: Engine,
  step: StepFunction,
  inputs: ProgramArrays,
  tolerance = 3e-5,
): Promise<void> {
  const compiled = engine.program(step, {});
  const eager = eagerProgram(engine.tf, step, {});
  try {
    const [actual, expected] = [await compiled.run(inputs), await eager.run(inputs)];
    if (!compiled.how.startsWith("compiled")) throw new Error(compiled.how);
    for (const [name, { shape, data }] of Object.entries(expected)) {
      const own = actual[name];
      if (own?.shape.join() !== shape.join())
        throw new Error(`${name}: shape [${own?.shape.join() ?? ""}], not [${shape.join()}]`);
      const error = relativeError(Array.from(own.data), Array.from(data));
      if (!(error < tolerance)) throw new Error(`${name} differs by ${error}`);
    }
  } finally {
    compiled.dispose();
    eager.dispose();
  }
}

/** As a step: the value of `build`, and the gradients of a weighted sum of it by every input. */
export function stepOf({ tf }: Engine, count: number, build: Build, gradients: boolean): StepFunction {
  return (_state, inputs) => {
    const given = Array.from({ length: count }, (_, i) => inputs[`x${i}`] as Tensor);
    const value = build(tf, ...given);
    if (!gradients) return { outputs: { value } };
    const weights = tf.tensor(numbers(value.size, 99), value.shape);
    const loss = (...args: Tensor[]): Tensor => tf.sum(tf.mul(build(tf, ...args), weights));
    const slopes = tf
      .grads(loss)(given)
      .map((slope, i) => [`gradient ${i}`, slope] as const);
    return { outputs: { value, ...Object.fromEntries(slopes) } };
  };
}

export function inputsOf(shapes: readonly (readonly number[])[]): ProgramArrays {
  return Object.fromEntries(
    shapes.map((shape, i): [string, ProgramArray] => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [`x${i}`, { shape, data: numbers(size, i + 1) }];
    }),
  );
}

export function demand(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}
