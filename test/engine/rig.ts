import {
  openEngine,
  type Engine,
  type ProgramArrays,
  type Tensor,
  type TensorFlow,
} from "../../steps/engine/index.js";

/** The wasm engine beside the cpu one, which is the reference; both belong to one TensorFlow.js. */
export interface Pair {
  readonly tf: TensorFlow;
  readonly engines: readonly Engine[];
}

export async function openPair(threads = 1): Promise<Pair> {
  const cpu = await openEngine({ backend: "cpu", cpus: 1 });
  const wasm = await openEngine({ backend: "wasm", cpus: threads });
  return { tf: wasm.tf, engines: [wasm, cpu] };
}

export type Build = (tf: TensorFlow, ...inputs: Tensor[]) => Tensor;

/** A deterministic stand-in for data: numbers in (-1, 1), other ones for other seeds. */
export function numbers(size: number, seed: number): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
}

export function tensor(tf: TensorFlow, shape: readonly number[], seed: number): Tensor {
  return tf.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    [...shape],
  );
}

/** The value of `build` and its gradients by every input (against a fixed dy), computed on `backend`. */
export async function evaluate(
  tf: TensorFlow,
  backend: string,
  shapes: readonly (readonly number[])[],
  build: Build,
  gradients = true,
): Promise<number[][]> {
  await tf.setBackend(backend);
  const results = tf.tidy(() => {
    const inputs = shapes.map((shape, i) => tensor(tf, shape, i + 1));
    const value = build(tf, ...inputs);
    if (!gradients) return [value];
    const dy = tensor(tf, value.shape, 99);
    const loss = (...args: Tensor[]): Tensor => tf.sum(tf.mul(build(tf, ...args), dy));
    return [value, ...tf.grads(loss)(inputs)];
  });
  const read = await Promise.all(results.map(async t => Array.from(await t.data())));
  results.forEach(t => t.dispose());
  return read;
}

/** As `evaluate`, but by a program of an engine that compiles. Throws when it was not compiled. */
export async function evaluateCompiled(
  { tf, program }: Pick<Engine, "tf" | "program">,
  shapes: readonly (readonly number[])[],
  build: Build,
  gradients = true,
): Promise<number[][]> {
  const names = shapes.map((_, i) => `x${i}`);
  const compiled = program((_state, inputs) => {
    const args = names.map(name => inputs[name] as Tensor);
    const value = build(tf, ...args);
    if (!gradients) return { outputs: { value } };
    const dy = tensor(tf, value.shape, 99);
    const loss = (...xs: Tensor[]): Tensor => tf.sum(tf.mul(build(tf, ...xs), dy));
    const found = tf
      .grads(loss)(args)
      .map((gradient, i) => [`gradient${i}`, gradient] as const);
    return { outputs: { value, ...Object.fromEntries(found) } };
  }, {});
  const data = shapes.map((shape, i) =>
    numbers(
      shape.reduce((a, b) => a * b, 1),
      i + 1,
    ),
  );
  const given = names.map((name, i) => [
    name,
    { shape: shapes[i] ?? [], data: data[i] ?? new Float32Array() },
  ]);
  try {
    const outputs = await compiled.run(Object.fromEntries(given) as ProgramArrays);
    if (!compiled.how.startsWith("compiled")) throw new Error(compiled.how);
    const found = ["value", ...(gradients ? names.map((_, i) => `gradient${i}`) : [])];
    return found.map(name => Array.from(outputs[name]?.data ?? []));
  } finally {
    compiled.dispose();
  }
}

/** Largest difference, relative to the largest number of `expected`; infinite for NaN or another length. */
export function relativeError(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = expected.reduce((max, v) => Math.max(max, Math.abs(v)), 1e-6);
  return expected.reduce((worst, v, i) => {
    const error = Math.abs(v - (actual[i] ?? NaN)) / scale;
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

/**
 * Worst difference between autodiff's gradients of a weighted sum of `build`'s results and central differences,
 * relative to the largest gradient (or 1). Some nine elements of each input are tried: enough to see a wrong index.
 */
export function gradientError(tf: TensorFlow, inputs: readonly Tensor[], build: Build): number {
  const weights = tensor(tf, build(tf, ...inputs).shape, 99);
  const loss = (...args: Tensor[]): Tensor => tf.sum(tf.mul(build(tf, ...args), weights));
  const gradients = tf
    .grads(loss)([...inputs])
    .map(gradient => Array.from(gradient.dataSync()));
  const w = Array.from(weights.dataSync());
  const step = 2 ** -9;
  let worst = 0;
  inputs.forEach((input, i) => {
    const gradient = gradients[i] ?? [];
    const scale = Math.max(1, ...gradient.map(Math.abs));
    const stride = Math.max(1, Math.floor(input.size / 9));
    for (let at = 0; at < input.size; at += stride) {
      const slope = (lossWith(at, step) - lossWith(at, -step)) / (2 * step);
      const error = Math.abs((gradient[at] ?? NaN) - slope) / scale;
      worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
    }

    function lossWith(at: number, by: number): number {
      return tf.tidy(() => {
        const data = Float32Array.from(input.dataSync());
        data[at] = (data[at] ?? 0) + by;
        const args = inputs.map((other, j) => (j === i ? tf.tensor(data, input.shape) : other));
        // Summed in double precision, else the difference drowns in rounding.
        return Array.from(build(tf, ...args).dataSync()).reduce((sum, v, k) => sum + v * (w[k] ?? NaN), 0);
      });
    }
  });
  return worst;
}
