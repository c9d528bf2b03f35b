/** TensorFlow operators that move numbers and compute none. */
import type { Tensor } from "../../engine/types.js";
import { type Call, host, plain, shapeOf } from "../call.js";
import { hostInts } from "../host.js";
import { axisOf } from "../node-call.js";
import type { Operator } from "../call.js";
import { cutTensor } from "../spans.js";
import { expandedShape, reshapedShape, sliceSpans, splitSizes, squeezedShape, strided } from "./tf-rules.js";

export const structure: Readonly<Record<string, Operator>> = {
  Shape: call => host(hostInts(shapeOf(call.value(0)))),
  Reshape: call => {
    const x = call.tensor(0);
    const wanted = call.numbers(1);
    return plain(call.tf.reshape(x, reshapedShape(x.shape, wanted)));
  },
  Squeeze: call => plain(call.tf.reshape(call.tensor(0), squeezedShape(call, call.tensor(0).shape))),
  ExpandDims: call => plain(call.tf.reshape(call.tensor(0), expandedShape(call, call.tensor(0).shape))),
  Transpose: call => {
    const x = call.tensor(0);
    const order = call.numbers(1).map(axis => axisOf(axis, x.shape.length));
    if (new Set(order).size !== x.shape.length)
      throw new Error(`[${order.join(", ")}] is no order of the axes`);
    return plain(call.tf.transpose(x, order));
  },
  ConcatV2: call => {
    const tensors = call
      .all()
      .slice(0, -1)
      .map(value => call.toPlain(value));
    const [axis = 0] = call.numbers(tensors.length);
    call.ignore("N");
    return plain(joined(call, tensors, axisOf(axis, tensors[0]?.shape.length ?? 0)));
  },
  Pack: call => {
    const tensors = call.all().map(value => call.toPlain(value));
    call.ignore("N");
    const axis = axisOf(call.int("axis", 0), (tensors[0]?.shape.length ?? 0) + 1);
    const widened = tensors.map(x => call.tf.reshape(x, x.shape.toSpliced(axis, 0, 1)));
    return plain(joined(call, widened, axis));
  },
  Slice: call => {
    const x = call.tensor(0);
    return plain(cutTensor(call.tf, x, sliceSpans(call, x.shape)));
  },
  StridedSlice: call => {
    const x = call.tensor(0);
    const { spans, shape } = strided(call, x.shape);
    return plain(call.tf.reshape(cutTensor(call.tf, x, spans), [...shape]));
  },
  Split: call => {
    const x = call.tensor(1);
    const axis = axisOf(call.numbers(0)[0] ?? 0, x.shape.length);
    return call.tf.split(x, splitSizes(call, x.shape[axis] ?? 0), axis).map(part => plain(part));
  },
  GatherV2: call => {
    call.only("batch_dims", 0);
    const [x, indices] = [call.tensor(0), call.value(1)];
    const axis = axisOf(call.numbers(2)[0] ?? 0, x.shape.length);
    const shape = [...x.shape.slice(0, axis), ...shapeOf(indices), ...x.shape.slice(axis + 1)];
    call.limit(shape);
    const taken = call.tf.gather(x, call.places(indices, x.shape[axis] ?? 0), axis);
    return plain(call.tf.reshape(taken, shape));
  },
  SplitV: call => {
    const x = call.tensor(0);
    const axis = axisOf(call.numbers(2)[0] ?? 0, x.shape.length);
    return call.tf
      .split(x, splitSizes(call, x.shape[axis] ?? 0, call.numbers(1)), axis)
      .map(part => plain(part));
  },
  Tile: call => {
    const x = call.tensor(0);
    const repeats = [...call.numbers(1)];
    call.limit(x.shape.map((size, i) => size * (repeats[i] ?? 1)));
    return plain(call.tf.tile(x, repeats));
  },
  BroadcastTo: call => {
    const shape = [...call.numbers(1)];
    call.limit(shape);
    return plain(call.tf.broadcastTo(call.tensor(0), shape));
  },
  Pad: call => plain(call.tf.pad(call.tensor(0), pads(call))),
  PadV2: call => plain(call.tf.pad(call.tensor(0), pads(call), call.scalar("", 2) ?? 0)),
  MirrorPad: call => {
    const mode = call.text("mode");
    if (mode !== "REFLECT" && mode !== "SYMMETRIC") throw new Error(`its mode '${mode}' is not supported`);
    return plain(call.tf.mirrorPad(call.tensor(0), pads(call), mode === "REFLECT" ? "reflect" : "symmetric"));
  },
};

function joined(call: Call, tensors: Tensor[], axis: number): Tensor {
  const total = tensors.reduce((sum, x) => sum + (x.shape[axis] ?? 0), 0);
  call.limit((tensors[0]?.shape ?? []).with(axis, total));
  return call.tf.concat(tensors, axis);
}

/** [[before, after], ...], an axis each. */
function pads(call: Call): [number, number][] {
  const { shape } = call.tensor(0);
  const numbers = call.numbers(1);
  if (numbers.length !== 2 * shape.length || numbers.some(n => !Number.isInteger(n) || n < 0))
    throw new Error(`its pads [${numbers.join(", ")}] do not fit ${shape.length} axes`);
  const pairs = shape.map((_, axis): [number, number] => [
    numbers[2 * axis] ?? 0,
    numbers[2 * axis + 1] ?? 0,
  ]);
  call.limit(shape.map((size, axis) => size + (pairs[axis]?.[0] ?? 0) + (pairs[axis]?.[1] ?? 0)));
  return pairs;
}
