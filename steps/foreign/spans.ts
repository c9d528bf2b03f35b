/** Cutting tensors and numbers along their axes. */
import type { Tensor, TensorFlow } from "../engine/types.js";
import { sliced } from "./host.js";
import type { HostArray } from "./tensor-graph.js";

/** Places `begin`, `begin + step`, ... of an axis, `count` of them. */
export interface Span {
  readonly axis: number;
  readonly begin: number;
  readonly step: number;
  readonly count: number;
}

export function cutTensor(tf: TensorFlow, x: Tensor, spans: readonly Span[]): Tensor {
  return spans.reduce((part, { axis, begin, step, count }) => {
    if (count === 0) throw new Error(`nothing is left of [${x.shape.join(", ")}]`);
    if (step !== 1)
      return tf.gather(
        part,
        Int32Array.from({ length: count }, (_, i) => begin + i * step),
        axis,
      );
    const start = part.shape.map((_, i) => (i === axis ? begin : 0));
    return tf.slice(part, start, part.shape.with(axis, count));
  }, x);
}

export function cutArray(x: HostArray, spans: readonly Span[]): HostArray {
  return spans.reduce((part, { axis, begin, step, count }) => sliced(part, axis, begin, step, count), x);
}
