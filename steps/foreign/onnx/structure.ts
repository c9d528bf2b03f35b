/** ONNX operators that move numbers and compute none. */
import type { Tensor } from "../../engine/types.js";
import { type Call, type DeviceValue, heldAxis, host, image, plain, shapeOf, type Value } from "../call.js";
import { hostInts } from "../host.js";
import { axisOf } from "../node-call.js";
import type { Operator } from "../call.js";
import { cutTensor } from "../spans.js";
import { axisOrder, ends, reshapedShape, sizesOf, spans, squeezedShape, unsqueezedShape } from "./rules.js";

export const structure: Readonly<Record<string, Operator>> = {
  /** Known before anything is computed: the sizes of tensors are. */
  Shape: call => {
    const shape = shapeOf(call.value(0));
    const start = call.int("start", 0);
    const end = call.attribute("end") === undefined ? shape.length : call.int("end");
    return host(hostInts(shape.slice(start, end)));
  },
  Size: call => host(hostInts([shapeOf(call.value(0)).reduce((product, n) => product * n, 1)], [])),

  Reshape: call => {
    const x = call.tensor(0);
    const listed = call.list("shape", 1);
    if (listed === undefined) throw new Error("it has no shape");
    return plain(call.tf.reshape(x, reshapedShape(call, x.shape, listed)));
  },
  Flatten: call => {
    const x = call.tensor(0);
    const axis = call.int("axis", 1);
    const at = axis === x.shape.length ? axis : axisOf(axis, x.shape.length);
    const rows = x.shape.slice(0, at).reduce((product, n) => product * n, 1);
    return plain(call.tf.reshape(x, [rows, x.size / rows]));
  },
  Squeeze: call => {
    const x = call.tensor(0);
    return plain(call.tf.reshape(x, squeezedShape(call, x.shape)));
  },
  Unsqueeze: call => {
    const x = call.tensor(0);
    return plain(call.tf.reshape(x, unsqueezedShape(call, x.shape)));
  },
  Transpose: call => {
    const value = call.value(0);
    const rank = shapeOf(value).length;
    const order = axisOrder(call, rank);
    const x = value.kind === "device" ? value.tensor : call.toPlain(value);
    const held = order.map(axis => heldAxis(value, axis));
    return plain(held.every((axis, i) => axis === i) ? x : call.tf.transpose(x, held));
  },
  Concat: call => {
    const values = call.all();
    const rank = shapeOf(values[0] ?? host(hostInts([]))).length;
    const axis = axisOf(call.int("axis"), rank);
    const shapes = values.map(shapeOf);
    call.limit(
      (shapes[0] ?? []).with(
        axis,
        shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0),
      ),
    );
    const images = values.every(value => value.kind === "device" && value.image);
    const tensors = values.map(value => (images ? call.toImage(value) : call.toPlain(value)));
    const joined = call.tf.concat(tensors, images ? ([0, 3, 1, 2][axis] ?? axis) : axis);
    return images ? image(joined) : plain(joined);
  },
  Split: call => {
    const value = call.value(0);
    const shape = shapeOf(value);
    const axis = axisOf(call.int("axis", 0), shape.length);
    const sizes = sizesOf(call, shape[axis] ?? 0);
    const x = value.kind === "device" ? value.tensor : call.toPlain(value);
    return call.tf.split(x, sizes, heldAxis(value, axis)).map(part => like(value, part));
  },
  Slice: call => {
    const value = call.value(0);
    const x = value.kind === "device" ? value.tensor : call.toPlain(value);
    const held = spans(call, shapeOf(value)).map(span => ({ ...span, axis: heldAxis(value, span.axis) }));
    return like(value, cutTensor(call.tf, x, held));
  },
  Gather: call => {
    const x = call.tensor(0);
    const axis = axisOf(call.int("axis", 0), x.shape.length);
    const size = x.shape[axis] ?? 0;
    const indices = call.value(1);
    const shape = [...x.shape.slice(0, axis), ...shapeOf(indices), ...x.shape.slice(axis + 1)];
    call.limit(shape);
    const taken = call.tf.gather(x, call.places(indices, size), axis);
    return plain(call.tf.reshape(taken, shape));
  },
  OneHot: call => {
    const { tf } = call;
    const indices = call.tensor(0);
    const [depth = 0] = call.numbers(1);
    const [off = 0, on = 1] = call.numbers(2);
    const rank = indices.shape.length;
    const axis = axisOf(call.int("axis", -1), rank + 1);
    call.limit([...indices.shape, depth]);
    // An index below 0 counts from the end; one that is outside gives `off` everywhere.
    const numbers = tf.reshape(tf.cast(indices, "float32"), [-1, 1]);
    const counted = tf.add(numbers, tf.mul(tf.cast(tf.less(numbers, 0), "float32"), depth));
    const places = tf.tensor2d(
      Float32Array.from({ length: depth }, (_, i) => i),
      [1, depth],
    );
    const hits = tf.cast(tf.equal(counted, places), "float32");
    const made = tf.reshape(tf.add(tf.mul(hits, on - off), off), [...indices.shape, depth]);
    if (axis === rank) return plain(made);
    const order = Array.from({ length: rank }, (_, i) => i).toSpliced(axis, 0, rank);
    return plain(tf.transpose(made, order));
  },
  Expand: call => {
    const x = call.tensor(0);
    const wanted = [...call.numbers(1)];
    const rank = Math.max(wanted.length, x.shape.length);
    const own = [...Array<number>(rank - x.shape.length).fill(1), ...x.shape];
    const full = own.map((size, i) => {
      const asked = wanted[i - rank + wanted.length] ?? 1;
      return asked === 1 ? size : asked;
    });
    call.limit(full);
    return plain(call.tf.broadcastTo(x, full));
  },
  Tile: call => {
    const x = call.tensor(0);
    const repeats = call.numbers(1);
    call.limit(x.shape.map((size, i) => size * (repeats[i] ?? 1)));
    return plain(call.tf.tile(x, [...repeats]));
  },
  Pad: call => {
    const value = call.value(0);
    const shape = shapeOf(value);
    const { before, after } = ends(call, shape.length);
    const mode = call.text("mode", "constant");
    const fill = call.scalar("value", 2) ?? 0;
    call.limit(shape.map((size, i) => size + (before[i] ?? 0) + (after[i] ?? 0)));
    const x = value.kind === "device" ? value.tensor : call.toPlain(value);
    const pads = shape.map((): [number, number] => [0, 0]);
    for (const axis of shape.keys()) pads[heldAxis(value, axis)] = [before[axis] ?? 0, after[axis] ?? 0];
    return like(value, padded(call, x, pads, mode, fill));
  },
};

/** A tensor in the same order of axes as the value that it was made of. */
function like(value: Value, tensor: Tensor): DeviceValue {
  return value.kind === "device" && value.image ? image(tensor) : plain(tensor);
}

function padded(call: Call, x: Tensor, pads: [number, number][], mode: string, fill: number): Tensor {
  const { tf } = call;
  if (pads.flat().some(n => n < 0)) throw new Error("it pads by less than nothing");
  switch (mode) {
    case "constant":
      return tf.pad(x, pads, fill);
    case "reflect":
      if (pads.some(([a, b], i) => Math.max(a, b) >= (x.shape[i] ?? 0)))
        throw new Error("it reflects more than there is");
      return tf.mirrorPad(x, pads, "reflect");
    case "edge": {
      let out = x;
      for (const [axis, [before, after]] of pads.entries()) {
        const size = out.shape[axis] ?? 1;
        if (before + after === 0) continue;
        const at = (place: number): Tensor =>
          tf.slice(
            out,
            out.shape.map((_, i) => (i === axis ? place : 0)),
            out.shape.with(axis, 1),
          );
        const [first, last] = [at(0), at(size - 1)];
        const copies = (edge: Tensor, count: number): Tensor[] => Array<Tensor>(count).fill(edge);
        out = tf.concat([...copies(first, before), out, ...copies(last, after)], axis);
      }
      return out;
    }
    default:
      throw new Error(`its mode '${mode}' is not supported`);
  }
}
