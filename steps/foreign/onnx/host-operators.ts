/** ONNX operators on numbers in main memory: what exported models work out sizes and constants with. */
import {
  broadcastShape,
  broadcastTo,
  concatenated,
  gathered,
  hostArray,
  hostInts,
  reshaped,
  sliced,
  transposed,
  zip,
} from "../host.js";
import { axisOf, type HostCall } from "../node-call.js";
import type { HostOperator } from "../node-call.js";
import { cutArray } from "../spans.js";
import { isHostArray, type HostArray } from "../tensor-graph.js";
import { axisOrder, reshapedShape, sizesOf, spans, squeezedShape, unsqueezedShape } from "./rules.js";

export const onnxHostOperators: Readonly<Record<string, HostOperator>> = {
  Constant: call => {
    const [name, ...more] = [...call.node.attributes.keys()];
    if (name === undefined || more.length > 0) throw new Error("it must have one attribute, its value");
    const value = call.attribute(name);
    if (isHostArray(value)) return value;
    const numbers = [value].flat();
    if (!numbers.every(n => typeof n === "number")) throw new Error(`its '${name}' is no number`);
    const type = name.startsWith("value_float") ? "float32" : "int32";
    return hostArray(type, Array.isArray(value) ? [numbers.length] : [], i => numbers[i] ?? 0);
  },
  ConstantOfShape: call => {
    const value = call.array("value") ?? { type: "float32", shape: [1], data: new Float32Array(1) };
    return hostArray(value.type, call.numbers(0), () => value.data[0] ?? 0);
  },
  Range: call => {
    const [start = 0, limit = 0, step = 1] = [0, 1, 2].map(i => call.numbers(i)[0]);
    if (step === 0) throw new Error("its step is 0");
    const count = Math.max(0, Math.ceil((limit - start) / step));
    return hostArray(call.known(0).type, [count], i => start + i * step);
  },
  Shape: call => {
    const { shape } = call.known(0);
    const end = call.attribute("end") === undefined ? shape.length : call.int("end");
    return hostInts(shape.slice(call.int("start", 0), end));
  },
  Size: call => hostInts([call.known(0).data.length], []),
  Identity: call => call.known(0),
  Cast: call => {
    const x = call.known(0);
    const to = call.int("to");
    call.ignore("saturate");
    if ([1, 10, 11].includes(to)) return hostArray("float32", x.shape, i => x.data[i] ?? NaN);
    if (to === 9) return hostArray("bool", x.shape, i => (x.data[i] === 0 ? 0 : 1));
    if ([2, 3, 4, 5, 6, 7, 12, 13].includes(to))
      return hostArray("int32", x.shape, i => Math.trunc(x.data[i] ?? NaN));
    throw new Error(`it casts to the type ${to}, which is not supported`);
  },
  Reshape: call => {
    const x = call.known(0);
    return reshaped(x, reshapedShape(call, x.shape, call.list("shape", 1) ?? []));
  },
  Squeeze: call => {
    const x = call.known(0);
    return reshaped(x, squeezedShape(call, x.shape));
  },
  Unsqueeze: call => {
    const x = call.known(0);
    return reshaped(x, unsqueezedShape(call, x.shape));
  },
  Transpose: call => {
    const x = call.known(0);
    return transposed(x, axisOrder(call, x.shape.length));
  },
  Concat: call => {
    const arrays = call.all();
    return concatenated(arrays, axisOf(call.int("axis"), arrays[0]?.shape.length ?? 0));
  },
  Gather: call => {
    const x = call.known(0);
    return gathered(x, call.known(1), axisOf(call.int("axis", 0), x.shape.length));
  },
  Slice: call => cutArray(call.known(0), spans(call, call.known(0).shape)),
  Split: call => {
    const x = call.known(0);
    const axis = axisOf(call.int("axis", 0), x.shape.length);
    let begin = 0;
    return sizesOf(call, x.shape[axis] ?? 0).map(count => {
      const part = sliced(x, axis, begin, 1, count);
      begin += count;
      return part;
    });
  },
  Expand: call => {
    const x = call.known(0);
    return broadcastTo(x, broadcastShape(x.shape, call.numbers(1)));
  },
  ReduceProd: call => {
    const x = call.known(0);
    const axes = call.list("axes", 1);
    const keep = call.int("keepdims", 1) === 1;
    if (x.shape.length > 1 || (axes !== undefined && axes.some(axis => axisOf(axis, 1) !== 0)))
      throw new Error("products of vectors alone are supported");
    return hostArray(x.type, keep ? [1] : [], () => call.numbers(0).reduce((product, n) => product * n, 1));
  },
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: call => {
    // Whole numbers are divided as whole numbers, towards zero.
    const whole = call.known(0).type !== "float32";
    return binary((a, b) => (whole ? Math.trunc(a / b) : a / b))(call);
  },
  Mod: binary((a, b) => a - b * Math.floor(a / b)),
  Pow: binary((a, b) => a ** b),
  Max: binary((a, b) => Math.max(a, b)),
  Min: binary((a, b) => Math.min(a, b)),
  Neg: unary(a => -a),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Reciprocal: unary(a => 1 / a),
  Not: unary(a => (a === 0 ? 1 : 0)),
  Equal: binary((a, b) => (a === b ? 1 : 0), "bool"),
  Greater: binary((a, b) => (a > b ? 1 : 0), "bool"),
  Less: binary((a, b) => (a < b ? 1 : 0), "bool"),
  And: binary((a, b) => (a !== 0 && b !== 0 ? 1 : 0), "bool"),
  Or: binary((a, b) => (a !== 0 || b !== 0 ? 1 : 0), "bool"),
  Where: call => {
    const [test, a, b] = [call.known(0), call.known(1), call.known(2)];
    return zip(a.type, [test, a, b], ([which, x = NaN, y = NaN]) => (which === 0 ? y : x));
  },
};

function binary(f: (a: number, b: number) => number, type?: HostArray["type"]): HostOperator {
  return call => {
    const arrays = [call.known(0), call.known(1)];
    return zip(type ?? call.known(0).type, arrays, ([a = NaN, b = NaN]) => f(a, b));
  };
}

function unary(f: (a: number) => number): HostOperator {
  return (call: HostCall) => {
    const x = call.known(0);
    return hostArray(x.type, x.shape, i => f(x.data[i] ?? NaN));
  };
}
