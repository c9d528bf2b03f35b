/**
 * UnsortedSegmentSum, which the package lacks: the gradient of gather. out[segmentIds[i]] += x[i]; negative ids
 * are left out, as in TensorFlow.
 */
import type { TensorInfo, UnsortedSegmentSumAttrs } from "@tensorflow/tfjs-core";
import { type Repair, sizeOf } from "../kernels/scope.js";
import { composed } from "./compose.js";

interface Inputs {
  /** [...ids' shape, ...rest] */
  readonly x: TensorInfo;
  readonly segmentIds: TensorInfo;
}

export const segmentSum: Repair = composed(
  "UnsortedSegmentSum",
  (scope, { x, segmentIds }: Inputs, { numSegments }: UnsortedSegmentSumAttrs) => {
    const rest = x.shape.slice(segmentIds.shape.length);
    const width = sizeOf(rest);
    const out = scope.make([numSegments, ...rest]);
    const ids = scope.backend.typedArrayFromHeap(segmentIds);
    const [from, to] = [scope.floats(x), scope.floats(out)];
    to.fill(0);
    ids.forEach((id, i) => {
      if (id < 0) return;
      if (id >= numSegments) throw new RangeError(`Segment ${id} is not below ${numSegments}.`);
      for (let j = 0; j < width; j++) {
        const at = id * width + j;
        to[at] = (to[at] as number) + (from[i * width + j] as number);
      }
    });
    return out;
  },
);
