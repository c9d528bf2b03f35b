import type { Tensor, Tensor1D, Tensor4D, TensorFlow } from "../engine/types.js";
import { countWithin } from "./host.js";
import { NodeCall } from "./node-call.js";
import type { GraphNode, HostArray } from "./tensor-graph.js";

/** A value on its way through the graph. */
export type Value = HostValue | DeviceValue;

/** Numbers that do not depend on the latent's numbers (at most on the batch's size). */
export interface HostValue {
  readonly kind: "host";
  readonly array: HostArray;
  /** Its name among the weights, where it is one. */
  readonly weight?: string;
}

/**
 * A tensor. `image`: its model's order of axes is [N, C, H, W], but it is held as [N, H, W, C], which is what the
 * engine computes with; so the axes are not turned before and after each convolution.
 */
export interface DeviceValue {
  readonly kind: "device";
  readonly tensor: Tensor;
  readonly image: boolean;
}

export const host = (array: HostArray): HostValue => ({ kind: "host", array });
export const plain = (tensor: Tensor): DeviceValue => ({ kind: "device", tensor, image: false });
export const image = (tensor: Tensor): DeviceValue => ({ kind: "device", tensor, image: true });

/** What all calls of one run of a graph share. */
export interface Setting {
  readonly tf: TensorFlow;
  weight(name: string): Tensor;
}

/** A call of an operator on the engine. */
export class Call extends NodeCall<Value> {
  constructor(
    readonly setting: Setting,
    node: GraphNode,
    opset: number,
    values: readonly (Value | undefined)[],
  ) {
    super(node, opset, values);
  }

  get tf(): TensorFlow {
    return this.setting.tf;
  }

  known(i: number): HostArray {
    const value = this.value(i);
    if (value.kind === "host") return value.array;
    throw new Error(`its input ${i} (a shape, axes or the like) depends on the latent's numbers`);
  }

  /** An input as a tensor in the model's own order of axes. */
  tensor(i: number): Tensor {
    return this.toPlain(this.value(i));
  }

  /** An input [N, C, H, W] as [N, H, W, C]. */
  image(i: number): Tensor4D {
    return this.toImage(this.value(i));
  }

  /** A convolution's weights [A, B, H, W] as the engine takes them, [H, W, B, A]: turned beforehand if constant. */
  filter(i: number): Tensor4D {
    const value = this.value(i);
    const { length } = shapeOf(value);
    if (length !== 4)
      throw new Error(`its weights have ${length} axes; images [N, C, H, W] alone are convolved`);
    if (value.kind === "host" && value.weight !== undefined)
      return this.setting.weight(filterName(value.weight)) as Tensor4D;
    return this.tf.transpose(this.toPlain(value), [...FILTER_ORDER]) as Tensor4D;
  }

  /** Indices into an axis of `size` places as a vector; those below 0 count from its end. */
  places(indices: Value, size: number): Tensor1D {
    const { tf } = this;
    if (indices.kind === "host") {
      const places = Int32Array.from(indices.array.data, i => (i < 0 ? i + size : i));
      if (places.some(i => i < 0 || i >= size)) throw new Error(`an index is outside of 0 to ${size - 1}`);
      return tf.tensor1d(places, "int32");
    }
    const given = tf.reshape(toPlain(tf, indices), [-1]);
    // In floating point: engines have no where() of whole numbers in all their forms.
    const numbers = tf.cast(given, "float32");
    const below = tf.cast(tf.less(numbers, 0), "float32");
    return tf.cast<Tensor1D>(tf.add(numbers, tf.mul(below, size)), "int32");
  }

  /** Throws unless a tensor of this shape is of a reasonable size; asked before it is made. */
  limit(shape: readonly number[]): void {
    countWithin(shape);
  }

  toPlain(value: Value): Tensor {
    if (value.kind === "device") return toPlain(this.tf, value);
    if (value.weight !== undefined) return this.setting.weight(value.weight);
    const { data, shape, type } = value.array;
    return this.tf.tensor(type === "float32" ? Float32Array.from(data) : int32(data), [...shape], type);
  }

  toImage(value: Value): Tensor4D {
    const { length } = shapeOf(value);
    if (length !== 4) throw new Error(`it takes images [N, C, H, W], its input has ${length} axes`);
    if (value.kind === "device" && value.image) return value.tensor as Tensor4D;
    return this.tf.transpose(this.toPlain(value), [0, 2, 3, 1]) as Tensor4D;
  }
}

/** The values of a node's outputs, in order. */
export type Operator = (call: Call) => Value | readonly Value[];

/** [A, B, H, W] -> [H, W, B, A]. */
export const FILTER_ORDER = [2, 3, 1, 0] as const;

/** The name among the weights of a constant that was turned by `FILTER_ORDER`. */
export function filterName(constant: string): string {
  return `${constant} (filter)`;
}

/** A tensor in the model's own order of axes. */
export function toPlain(tf: TensorFlow, { tensor, image: held }: DeviceValue): Tensor {
  return held ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}

/** The shape in the model's own order of axes. */
export function shapeOf(value: Value): readonly number[] {
  if (value.kind === "host") return value.array.shape;
  const [n = 0, h = 0, w = 0, c = 0] = value.tensor.shape;
  return value.image ? [n, c, h, w] : value.tensor.shape;
}

/** Where an axis of the model's order lies in the tensor. */
export function heldAxis(value: Value, axis: number): number {
  return value.kind === "device" && value.image ? ([0, 3, 1, 2][axis] ?? axis) : axis;
}

function int32(data: HostArray["data"]): Int32Array {
  return Int32Array.from(data, value => {
    if ((value | 0) !== value) throw new Error(`${value} is no 32-bit whole number`);
    return value;
  });
}
