import { type ModelSpec, modelShapes } from "../nn/model.js";

/**
 * Throws where batch norm in training would see one number a channel: it would turn each into 0, nothing would be
 * learnt, and its running variance would fall to 0 (PyTorch refuses this too). `rows`: examples in an update;
 * `advice`: what to write instead, beside a larger `batch`.
 */
export function checkBatchNorm(
  spec: ModelSpec,
  input: readonly number[],
  rows: number,
  advice: string,
): void {
  for (const [name, { running }] of modelShapes(spec, input).weights) {
    if (running === undefined || rows * running >= 2) continue;
    const layer = name.replace(/\.(\d+)/g, "[$1]").replace(/\.[^.]*$/, "");
    throw new Error(
      `batch norm (${layer}) needs more than 1 number a channel in an update, and a batch of ${rows} gives 1: ` +
        `write a larger 'batch', or ${advice}`,
    );
  }
}
