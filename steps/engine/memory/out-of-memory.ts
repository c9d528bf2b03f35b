/**
 * A step that does not fit into its engine's memory, as an error that says how large it may be. Each runtime says so in its
 * own way, or does not say it at all: then a step is refused before it runs (`Memory.silent`).
 */
export class OutOfMemory extends Error {
  override readonly name = "OutOfMemory";

  constructor(
    message: string,
    /** Rows of the step's largest input: the images or latents of its batch. */
    readonly rows: number,
    /** Whether as many rows would fit, by the shapes of what is computed. */
    readonly fits: (rows: number) => boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The largest number of rows that is a multiple of `unit`, less than the error's, and fits; 0 where none does, or it cannot
 * be known.
 */
export function fittingRows({ rows, fits }: OutOfMemory, unit: number): number {
  let [low, high] = [0, Math.ceil(rows / unit)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle * unit)) low = middle;
    else high = middle;
  }
  return low * unit;
}

/** Does an error, or what caused it, say that memory is out? */
export function saysOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof OutOfMemory || WORDS.test(error.message) || saysOutOfMemory(error.cause);
}

const WORDS = new RegExp(
  [
    "out of memory", // the wasm engine's guard, CUDA, Dawn
    ...["Array buffer allocation failed", "Invalid typed array length", "ERR_WORKER_OUT_OF_MEMORY"], // JavaScript
    ...["bad_alloc", "bad allocation", "Failed to allocate memory"], // onnxruntime
    ...["OOM when allocating", "RESOURCE_EXHAUSTED", "Resource exhausted"], // TensorFlow
    ...["CUDA_ERROR_OUT_OF_MEMORY", "cudaErrorMemoryAllocation"],
    ...["exceeds the max buffer size", "larger than the maximum binding size"], // Dawn
  ].join("|"),
  "i",
);
