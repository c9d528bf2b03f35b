/** TensorFlow operators on numbers in main memory: what exported models work out sizes with. */
import { concatenated, gathered, hostArray, hostInts, reshaped, zip } from "../host.js";
import { axisOf } from "../node-call.js";
import type { HostOperator } from "../node-call.js";
import { cutArray } from "../spans.js";
import type { HostArray } from "../tensor-graph.js";
import { expandedShape, reshapedShape, sliceSpans, squeezedShape, strided } from "./tf-rules.js";

export const tensorflowHostOperators: Readonly<Record<string, HostOperator>> = {
  Identity: call => call.known(0),
  Shape: call => hostInts(call.known(0).shape),
  Cast: call => {
    const x = call.known(0);
    const to = call.text("DstT");
    call.ignore("Truncate");
    if (to === "DT_FLOAT") return hostArray("float32", x.shape, i => x.data[i] ?? NaN);
    if (to === "DT_INT32" || to === "DT_INT64")
      return hostArray("int32", x.shape, i => Math.trunc(x.data[i] ?? NaN));
    throw new Error(`it casts to ${to}, which is not supported`);
  },
  Reshape: call => reshaped(call.known(0), reshapedShape(call.known(0).shape, call.numbers(1))),
  Squeeze: call => reshaped(call.known(0), squeezedShape(call, call.known(0).shape)),
  ExpandDims: call => reshaped(call.known(0), expandedShape(call, call.known(0).shape)),
  Slice: call => cutArray(call.known(0), sliceSpans(call, call.known(0).shape)),
  StridedSlice: call => {
    const { spans, shape } = strided(call, call.known(0).shape);
    return reshaped(cutArray(call.known(0), spans), shape);
  },
  Pack: call => {
    const arrays = call.all();
    const axis = axisOf(call.int("axis", 0), (arrays[0]?.shape.length ?? 0) + 1);
    call.ignore("N");
    return concatenated(
      arrays.map(array => reshaped(array, array.shape.toSpliced(axis, 0, 1))),
      axis,
    );
  },
  ConcatV2: call => {
    const arrays = call.all();
    const [axis = 0] = call.numbers(arrays.length - 1);
    call.ignore("N");
    return concatenated(arrays.slice(0, -1), axisOf(axis, arrays[0]?.shape.length ?? 0));
  },
  GatherV2: call => {
    call.only("batch_dims", 0);
    const x = call.known(0);
    return gathered(x, call.known(1), axisOf(call.numbers(2)[0] ?? 0, x.shape.length));
  },
  Fill: call => {
    const value = call.known(1);
    return hostArray(value.type, call.numbers(0), () => value.data[0] ?? 0);
  },
  Range: call => {
    const [start = 0, limit = 0, step = 1] = [0, 1, 2].map(i => call.numbers(i)[0]);
    if (step === 0) throw new Error("its step is 0");
    const count = Math.max(0, Math.ceil((limit - start) / step));
    return hostArray(call.known(0).type, [count], i => start + i * step);
  },
  Prod: call => {
    call.only("keep_dims", false);
    const x = call.known(0);
    if (x.shape.length > 1) throw new Error("products of vectors alone are supported");
    call.numbers(1);
    return hostArray(x.type, [], () => call.numbers(0).reduce((product, n) => product * n, 1));
  },
  Add: binary((a, b) => a + b),
  AddV2: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  FloorDiv: binary((a, b) => Math.floor(a / b)),
  RealDiv: binary((a, b) => a / b, "float32"),
  Maximum: binary((a, b) => Math.max(a, b)),
  Minimum: binary((a, b) => Math.min(a, b)),
};

function binary(f: (a: number, b: number) => number, type?: HostArray["type"]): HostOperator {
  return call => {
    const arrays = [call.known(0), call.known(1)];
    return zip(type ?? call.known(0).type, arrays, ([a = NaN, b = NaN]) => f(a, b));
  };
}
