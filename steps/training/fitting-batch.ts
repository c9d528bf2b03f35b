import { fittingRows, OutOfMemory, saysOutOfMemory } from "../engine/index.js";

/** The error of a training, where memory is out as one that says which value of the option `batch` would fit. */
export function withFittingBatch(error: unknown, batch: number): unknown {
  if (!saysOutOfMemory(error)) return error;
  const cause = { cause: error };
  // The thread that makes the batches.
  if (!(error instanceof OutOfMemory))
    return new Error(`Out of memory: make 'batch', which is ${batch}, smaller.`, cause);
  const unit = Math.max(1, Math.round(error.rows / batch));
  const fitting = fittingRows(error, unit) / unit;
  const advice = fitting === 0 ? "Make 'batch' smaller" : `A 'batch' of ${fitting} would fit`;
  return new Error(`${error.message} ${advice}; or take another engine with --backend.`, cause);
}
