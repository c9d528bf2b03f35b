/** Small ONNX models of one operator or a few, and how the table of operators compares on them with onnxruntime. */
import type { Engine } from "../../../steps/engine/index.js";
import type { ForeignInputs } from "../../../steps/foreign/foreign-model.js";
import { BeyondTable, givenInputs, modelFile, rawNetwork, readGraph } from "../../../steps/foreign/index.js";
import { type Constant, onnxModel, type Operation } from "../../rig/onnx.js";
import { numbers } from "../rig.js";

export interface SmallModel {
  readonly opset?: number;
  /** Sizes of `x` without the batch. */
  readonly shape: readonly number[];
  /** Numbers of `x`; by default normal-like ones. */
  readonly values?: (count: number) => Float32Array;
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly operations: readonly Operation[];
}

/** The greatest difference between both ways, relative to the greatest number; or why the table refuses. */
export async function difference(engine: Engine, model: SmallModel, rows = 3): Promise<number | string> {
  const path = "m.onnx";
  const bytes = new Map([
    [path, onnxModel({ ...model, inputs: [{ name: "x", shape: [-1, ...model.shape] }] })],
  ]);
  const files = [{ path, sha256: "" }];
  const graph = readGraph({ format: "onnx", files }, bytes, "");
  const dim = model.shape.reduce((product, n) => product * n, 1);
  const inputs: ForeignInputs = { latent: "x", constants: {} };
  const given = givenInputs(graph, inputs, dim, 0);
  const z = (model.values ?? (count => numbers(count, 5)))(rows * dim);
  const open = engine.openModel;
  if (open === undefined) throw new Error("the engine runs no models");
  const file = modelFile({ files, output: "y", layout: "channels-last" }, given, [1, 1, 1], bytes);
  const session = await open(file.model);
  const expected = await session.run(file.inputs(z, rows), "y");
  session.dispose();
  const network = rawNetwork(graph, given);
  const { tf } = engine;
  try {
    const made = tf.tidy(() => {
      const weights = Object.entries(network.weights).map(
        ([name, { data, shape }]) => [name, tf.tensor(data, [...shape])] as const,
      );
      return network.output(tf, Object.fromEntries(weights), tf.tensor2d(z, [rows, dim]));
    });
    const data = await made.data();
    const { shape } = made;
    made.dispose();
    if (shape.join() !== expected.shape.join())
      throw new Error(`shape [${shape.join()}], not [${expected.shape.join()}]`);
    return relative(data, expected.data);
  } catch (error) {
    if (error instanceof BeyondTable) return error.reason;
    throw error;
  }
}

/** NaN and infinities must stand at the same places. */
function relative(made: ArrayLike<number>, expected: Float32Array): number {
  let [most, greatest] = [0, 1];
  for (const [i, value] of expected.entries()) {
    const own = made[i] ?? NaN;
    if (Object.is(own, value) || own === value) continue;
    const apart = Math.abs(own - value);
    most = Number.isFinite(apart) ? Math.max(most, apart) : Infinity;
    if (Number.isFinite(value)) greatest = Math.max(greatest, Math.abs(value));
  }
  return most / greatest;
}
