import type { ProgramTensors, Tensor, TensorFlow } from "../../engine/types.js";

/**
 * Averages of weights along a training, a <- decay a + (1 - decay) w, by name: of a generator that circles around
 * its optimum they make better samples than the last weights do (Yazici et al., "The Unusual Effectiveness of
 * Averaging in GAN Training", ICLR 2019). Throws when an average is missing.
 */
export function moveAverages(
  tf: TensorFlow,
  averages: ProgramTensors,
  weights: ProgramTensors,
  decay: number,
): ProgramTensors {
  const moved = Object.entries(weights).map(([name, weight]): [string, Tensor] => {
    const average = averages[name];
    if (average === undefined) throw new Error(`There is no average of ${JSON.stringify(name)}.`);
    return [name, tf.add(tf.mul(average, decay), tf.mul(weight, 1 - decay))];
  });
  return Object.fromEntries(moved);
}
