import { randomStream } from "../../../runner/step-api.js";
import type { Engine } from "../../engine/index.js";
import { elementCount } from "../../formats/arrays.js";
import { withClasses } from "../../nn/conditions.js";
import { drawLatent } from "../../nn/latents.js";
import { BeyondTable, type RawNetwork } from "../../foreign/index.js";
import type { ModelFile } from "../../nn/network.js";

/** Output numbers of a model, in its own order of axes. */
export interface Output {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Runs a model on rows of z, `rows` of them. Throws where it does not run. */
export type RunModel = (z: Float32Array, rows: number) => Promise<Output>;

/** By the table of operators. */
export function byTable({ tf }: Engine, network: RawNetwork): RunModel {
  return async (z, rows) => {
    const made = tf.tidy(() => {
      const weights = Object.entries(network.weights).map(
        ([name, { data, shape }]) => [name, tf.tensor(data, [...shape])] as const,
      );
      return network.output(tf, Object.fromEntries(weights), tf.tensor2d(z, [rows, z.length / rows]));
    });
    const data = Float32Array.from(await made.data());
    const { shape } = made;
    made.dispose();
    return { shape, data };
  };
}

/** By onnxruntime; `dispose` when done. */
export async function byOnnxruntime(
  open: NonNullable<Engine["openModel"]>,
  file: Pick<ModelFile, "model" | "output" | "inputs">,
): Promise<{ readonly run: RunModel; dispose(): void }> {
  const session = await open(file.model);
  return {
    run: (z, rows) => session.run(file.inputs(z, rows), file.output),
    dispose: () => session.dispose(),
  };
}

/** What was seen of a model. */
export interface Seen {
  /** Rows that a run takes; 0: any number. */
  readonly batch: number;
  /** The output of one row, without the batch. */
  readonly one: readonly number[];
  /** The images of the first row: what another way of running the model must give too. */
  readonly first: Float32Array;
  readonly low: number;
  readonly high: number;
}

/**
 * Runs the model on some latents at once, and again on the first beside others. Throws unless finite images come out, the same
 * each time: an image that depends on the others in its batch, or on chance, has no latent.
 * `declared`: rows that the file says a run takes, 0 if any.
 */
export async function tryOut(
  run: RunModel,
  declared: number,
  { dim, classes, range }: { dim: number; classes: number; range: readonly [number, number] | undefined },
): Promise<Seen> {
  const { batch, made, rows } = await batchOf(run, declared, dim, classes);
  const one = made.shape.slice(1);
  const size = elementCount(one);
  let [low, high] = [Infinity, -Infinity];
  for (const value of made.data) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!made.data.every(Number.isFinite)) throw new Error("it makes NaN or infinite values");
  const span = range === undefined ? Math.max(1e-6, high - low) : range[1] - range[0];
  const first = made.data.subarray(0, size);
  const again = await run(trialRows(dim, classes, rows, 0), rows);
  if (worst(again.data, made.data) > 0)
    throw new Error(
      "the same latents give other images when it runs again: it draws random numbers by itself. Export it with its " +
        "noise as a constant or as an input",
    );
  const others = await run(trialRows(dim, classes, batch === 0 ? 1 : rows, 1), batch === 0 ? 1 : rows);
  const apart = worst(others.data.subarray(0, size), first);
  if (!(apart <= 1e-3 * span))
    throw new Error(
      `its images depend on the others in their batch (by up to ${apart.toPrecision(2)}). Export it in inference mode ` +
        "(model.eval(), training=False), with an open batch axis",
    );
  if (classes > 1) await checkClasses(run, { dim, classes, rows, size });
  return { batch, one, first, low, high };
}

/**
 * How many rows a run takes. Exporters may leave the batch axis open of a model that takes one row all the same; that is
 * found out, for a row at a time then gives the right images.
 */
async function batchOf(
  run: RunModel,
  declared: number,
  dim: number,
  classes: number,
): Promise<{ readonly batch: number; readonly made: Output; readonly rows: number }> {
  const attempt = async (rows: number): Promise<Output> => {
    const made = await run(trialRows(dim, classes, rows, 0), rows);
    if (made.shape[0] === rows) return made;
    // One image without a batch axis.
    if (rows === 1 && made.shape.length <= 3) return { ...made, shape: [1, ...made.shape] };
    throw new Error(`for ${rows} latents its output is [${made.shape.join(", ")}]`);
  };
  if (declared > 0) return { batch: declared, made: await attempt(declared), rows: declared };
  try {
    return { batch: 0, made: await attempt(3), rows: 3 };
  } catch (error) {
    const alone = await attempt(1).catch(() => undefined);
    if (alone === undefined) throw error;
    return { batch: 1, made: alone, rows: 1 };
  }
}

/** Each class must be taken, and the class must make a difference. */
async function checkClasses(
  run: RunModel,
  { dim, classes, rows, size }: { dim: number; classes: number; rows: number; size: number },
): Promise<void> {
  const of = async (label: number): Promise<Float32Array> => {
    try {
      const made = await run(trialRows(dim, classes, rows, 0, label), rows);
      return made.data.subarray(0, size);
    } catch (error) {
      const why = error instanceof BeyondTable ? error.reason : (error as Error).message;
      throw new Error(`it does not take the class ${label} of 0 to ${classes - 1}: ${why}`, { cause: error });
    }
  };
  if (worst(await of(0), await of(classes - 1)) === 0)
    throw new Error("its images do not depend on the class: leave out classes, or say which input takes it");
}

/** Rows [z, class]: the first is always the same, the others depend on `others`. */
function trialRows(
  dim: number,
  classes: number,
  rows: number,
  others: number,
  label = 0,
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const draws = randomStream(row === 0 ? 0 : others, "trial").at(row);
    drawLatent(
      { dim, prior: "truncatedNormal", truncation: 1 },
      draws,
      data.subarray(row * dim, (row + 1) * dim),
    );
  }
  const labels = Int32Array.from({ length: rows }, (_, row) =>
    row === 0 ? label : row % Math.max(1, classes),
  );
  return withClasses(data, dim, labels, classes);
}

/** The first row of the trial by itself, filled up to `batch` rows: what another way of running the model is given. */
export function firstRows(dim: number, classes: number, batch: number): Float32Array<ArrayBuffer> {
  return trialRows(dim, classes, Math.max(1, batch), 0);
}

/** The greatest difference; NaN counts as one without end. */
export function worst(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (const [i, value] of a.entries()) {
    const apart = Math.abs(value - (b[i] ?? NaN));
    if (!(apart <= most)) most = Number.isNaN(apart) ? Infinity : apart;
  }
  return most;
}
