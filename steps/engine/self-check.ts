/**
 * Is this engine right? A small network, forward and backward, through every family of kernel that training uses, run
 * as steps run (compiled, where the engine compiles), and compared with values computed in double precision from the
 * formulas (`test/engine/self-check.test.ts`).
 */
import type {
  Engine,
  ProgramArray,
  Scalar,
  StepFunction,
  Tensor,
  Tensor2D,
  Tensor4D,
  TensorFlow,
} from "./types.js";

/** Relative. Reduced-precision multiplication (TF32: 10 bits) passes; a wrong kernel does not. */
const TOLERANCE = 0.02;

/** Throws an Error that says what differs. */
export async function selfCheck(engine: Engine): Promise<void> {
  const inputs = [[4, 8, 8, 2], ...SHAPES].map((shape, i) => [`x${i}`, pattern(shape, i)] as const);
  const program = engine.program(slopes(engine.tf), {});
  const { numbers } = await program.run(Object.fromEntries(inputs));
  if (program.how.startsWith("eager:")) throw new Error(`It does not compile its own check: ${program.how}`);
  program.dispose();
  EXPECTED.forEach((expected, i) => {
    const actual = numbers?.data[i] ?? NaN;
    if (!(Math.abs(actual - expected) <= TOLERANCE * Math.abs(expected)))
      throw new Error(`It computes wrongly: ${NAMES[i] ?? ""} is ${actual}, not ${expected}.`);
  });
}

/** Gives the loss, and each parameter's gradient as one number (its dot product with a fixed pattern). */
function slopes(tf: TensorFlow): StepFunction {
  return (_, inputs) => {
    const [images, ...parameters] = Object.values(inputs);
    const loss = (...args: Tensor[]): Scalar => network(tf, images as Tensor4D, args);
    const { value, grads } = tf.valueAndGrads<Scalar>(loss)(parameters);
    const dots = grads.map((grad, i) => {
      const { data, shape } = pattern(grad.shape, i + 10);
      return tf.sum(tf.mul(grad, tf.tensor(data, [...shape])));
    });
    return { outputs: { numbers: tf.stack([value, ...dots]) } };
  };
}

const NAMES = [
  "the loss",
  ...["conv2d", "conv2dTranspose", "scale", "offset", "matMul"].map(n => `the gradient of ${n}`),
];
const SHAPES = [[4, 4, 2, 3], [3, 3, 4, 3], [4], [4], [64, 5]] as const;

/** conv2d -> relu -> conv2dTranspose -> batch normalisation -> maxPool -> cosine similarities -> softmax. */
function network(tf: TensorFlow, images: Tensor4D, parameters: readonly Tensor[]): Scalar {
  const [filter, up, scale, offset, weight] = parameters as [Tensor4D, Tensor4D, Tensor, Tensor, Tensor2D];
  const down = tf.relu(tf.conv2d(images, filter, 2, "same")); // [4, 4, 4, 3]
  const wide = tf.conv2dTranspose(down, up, [4, 8, 8, 4], 2, "same"); // [4, 8, 8, 4]
  const { mean, variance } = tf.moments(wide, [0, 1, 2]);
  const centred = tf.mul(tf.sub(wide, mean), tf.rsqrt(tf.add(variance, 1e-3)));
  const normal = tf.add<Tensor4D>(tf.mul(centred, scale), offset);
  const pooled = tf.reshape(tf.maxPool(normal, 2, 2, "valid"), [4, 64]);
  const latents = tf.matMul<Tensor2D>(pooled, weight); // [4, 5]
  const unit = tf.mul(latents, tf.rsqrt(tf.sum(tf.square(latents), 1, true)));
  const similarity = tf.matMul<Tensor2D>(unit, unit, false, true); // [4, 4]
  return tf.neg(tf.mean<Scalar>(tf.mul(tf.logSoftmax(similarity), tf.reverse(tf.eye(4), 0))));
}

/** Numbers without a random generator: sines of the index. */
function pattern(shape: readonly number[], seed: number): ProgramArray {
  return {
    shape,
    data: patternValues(
      shape.reduce((product, n) => product * n, 1),
      seed,
    ),
  };
}

export function patternValues(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + 0.9 * seed + 0.3 * ((i * i) % 7)));
}

/** Computed in double precision. */
export const EXPECTED: readonly number[] = [0.364847, 0.0787714, 0.086142, 0.0131241, 0.0494327, -0.0437265];
