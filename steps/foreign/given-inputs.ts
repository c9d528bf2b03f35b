/**
 * What a foreign model's inputs are given. A run of a generator has rows [z, y]: the latent, then, where there are
 * classes, the class as a one-hot vector; from these each input gets its numbers in its own shape and type.
 */
import type { ModelInput, ProgramTensors, Tensor, Tensor2D, TensorFlow } from "../engine/types.js";
import type { ForeignInputs } from "./foreign-model.js";
import type { GraphInput, TensorGraph } from "./tensor-graph.js";

/** The inputs of a graph and what each is given. */
export interface GivenInputs {
  readonly latent: GraphInput;
  readonly dim: number;
  readonly label?: { readonly input: GraphInput; readonly form: "one-hot" | "index" };
  readonly classes: number;
  /** Inputs that are always given one and the same number. */
  readonly constants: readonly { readonly input: GraphInput; readonly value: number }[];
  /** The sizes of one latent. */
  readonly latentShape: readonly number[];
}

/** As the card of a model says. Throws where the graph has no such inputs. */
export function givenInputs(
  { inputs }: TensorGraph,
  { latent, latentShape, label, constants }: ForeignInputs,
  dim: number,
  classes: number,
): GivenInputs {
  const find = (name: string): GraphInput => {
    const found = inputs.find(input => input.name === name);
    if (found === undefined) throw new Error(`it has no input '${name}'`);
    return found;
  };
  const input = find(latent);
  const joined = label?.form === "joined" ? classes : 0;
  return {
    latent: input,
    dim,
    ...(label !== undefined &&
      label.form !== "joined" && { label: { input: find(label.name), form: label.form } }),
    classes,
    constants: Object.entries(constants).map(([name, value]) => ({ input: find(name), value })),
    latentShape: latentShape ?? latentSizes(input, dim + joined),
  };
}

/** The sizes of one latent of `dim` numbers: those that the input declares, the one left open worked out. */
export function latentSizes({ name, shape }: GraphInput, dim: number): readonly number[] {
  const sizes = shape.slice(1);
  const open = sizes.filter(size => size < 0).length;
  const known = sizes.reduce((product, size) => (size < 0 ? product : product * size), 1);
  if (open > 1)
    throw new Error(
      `${open} sizes of its input '${name}' are open; say them: latent: { shape: [channels, height, width] }`,
    );
  const full = sizes.map(size => (size < 0 ? dim / known : size));
  if (full.reduce((product, size) => product * size, 1) !== dim || !full.every(Number.isInteger))
    throw new Error(
      `its input '${name}' is [${["N", ...sizes].join(", ")}], which ${dim} numbers do not fill`,
    );
  return full;
}

/** The inputs as tensors of an engine. */
export function inputTensors(tf: TensorFlow, given: GivenInputs, rows: Tensor2D): ProgramTensors {
  const { latent, label, constants, dim, classes, latentShape } = given;
  const [count, width] = rows.shape;
  const part = (begin: number, size: number): Tensor =>
    begin === 0 && size === width ? rows : tf.slice(rows, [0, begin], [count, size]);
  // Where the class is joined to the latent, the model takes the rows as they are.
  const own = label === undefined ? width : dim;
  const made: Record<string, Tensor> = {
    [latent.name]: tf.reshape(part(0, own), [count, ...latentShape]),
  };
  if (label !== undefined) made[label.input.name] = labelTensor(tf, label, part(dim, classes), classes);
  for (const { input, value } of constants)
    made[input.name] = tf.fill(
      [...constantShape(input, count)],
      value,
      input.type.startsWith("int") ? "int32" : "float32",
    );
  return made;
}

function labelTensor(
  tf: TensorFlow,
  { input, form }: NonNullable<GivenInputs["label"]>,
  oneHot: Tensor,
  classes: number,
): Tensor {
  const [count = 0] = oneHot.shape;
  const shape = labelShape(input, form, count, classes);
  const whole = input.type.startsWith("int");
  const values =
    form === "one-hot"
      ? oneHot
      : tf.sum(
          tf.mul(
            oneHot,
            tf.tensor2d(
              Float32Array.from({ length: classes }, (_, i) => i),
              [1, classes],
            ),
          ),
          1,
        );
  const shaped = tf.reshape(values, shape);
  return whole ? tf.cast(shaped, "int32") : shaped;
}

/** The inputs as numbers in main memory, for onnxruntime. */
export function inputArrays(
  given: GivenInputs,
  rows: Float32Array,
  count: number,
): Record<string, ModelInput> {
  const { latent, label, constants, dim, classes, latentShape } = given;
  const width = rows.length / count;
  const part = (begin: number, size: number): Float32Array => {
    if (begin === 0 && size === width) return rows;
    const out = new Float32Array(count * size);
    for (let i = 0; i < count; i++)
      out.set(rows.subarray(i * width + begin, i * width + begin + size), i * size);
    return out;
  };
  const own = label === undefined ? width : dim;
  const made: Record<string, ModelInput> = {
    [latent.name]: { type: latent.type, shape: [count, ...latentShape], data: part(0, own) },
  };
  if (label !== undefined) {
    const oneHot = part(dim, classes);
    const data =
      label.form === "one-hot"
        ? oneHot
        : Float32Array.from({ length: count }, (_, i) =>
            Math.max(0, oneHot.subarray(i * classes, (i + 1) * classes).indexOf(1)),
          );
    const shape = labelShape(label.input, label.form, count, classes);
    made[label.input.name] = { type: label.input.type, shape, data };
  }
  for (const { input, value } of constants) {
    const shape = constantShape(input, count);
    const size = shape.reduce((product, n) => product * n, 1);
    made[input.name] = { type: input.type, shape, data: new Float32Array(size).fill(value) };
  }
  return made;
}

/** [N], [N, 1] for indices; [N, K], [N, K, 1, 1] for one-hot vectors. */
function labelShape(
  { shape }: GraphInput,
  form: "one-hot" | "index",
  count: number,
  classes: number,
): number[] {
  const size = form === "index" ? 1 : classes;
  const rest = shape.slice(1).map((n, axis) => (form === "one-hot" && axis === 0 ? size : Math.abs(n)));
  return [count, ...rest];
}

/** The first axis is the batch's where the file leaves it open; every other open one has one place. */
function constantShape({ shape }: GraphInput, count: number): number[] {
  return shape.map((size, axis) => (size >= 0 ? size : axis === 0 ? count : 1));
}
