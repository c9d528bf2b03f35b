import { elementCount } from "../formats/arrays.js";
import { type ModelSpec, modelShapes } from "../nn/model.js";

/**
 * Throws where batch norm in training would see one number a channel: it would turn each into 0, nothing would be
 * learnt, and its running variance would fall to 0 (PyTorch refuses this too). `rows`: examples in an update;
 * `advice`: what to write instead, beside a larger `batch`.
 */
export function checkBatchNorm(
  { layers }: ModelSpec,
  input: readonly number[],
  rows: number,
  advice: string,
): void {
  const { after } = modelShapes({ layers }, input);
  for (const [i, { type }] of layers.entries()) {
    const shape = after[i] ?? input;
    const places = elementCount(shape) / (shape.at(-1) ?? 1);
    if (type === "batchNorm" && rows * places < 2)
      throw new Error(
        `batch norm (layers[${i}]) needs more than 1 number a channel in an update, and a batch of ${rows} gives 1: ` +
          `write a larger 'batch', or ${advice}`,
      );
  }
}
