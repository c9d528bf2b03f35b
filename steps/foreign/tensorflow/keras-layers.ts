/** Keras's layers as TensorFlow's operators, as at inference. Images are [H, W, C]. */
import type { Attribute } from "../tensor-graph.js";
import type { LayerBuilder } from "./layers-builder.js";

/** Adds the layer's operators for the values that it reads; the name of its result. */
type Translate = (layer: LayerBuilder, from: readonly string[]) => string;

export const layers: Readonly<Record<string, Translate>> = {
  Dense: (layer, from) => {
    const x = single(from);
    const [size] = layer.shapeOf(x).slice(-1);
    const [inputs, units = 0] = layer.shapeOfWeight("kernel");
    if (layer.shapeOf(x).length !== 1 || inputs !== size)
      throw new Error(`its kernel takes [${inputs ?? "?"}], its input is [${layer.shapeOf(x).join(", ")}]`);
    const y = layer.op("MatMul", [x, layer.weight("kernel")], [units]);
    return activated(layer, biased(layer, y));
  },
  Conv2D: (layer, from) => {
    const x = single(from);
    const [h, w] = layer.imageOf(x);
    const [kh = 0, kw = 0, , filters = 0] = layer.shapeOfWeight("kernel");
    const { strides, padding, dilations, attributes } = sliding(layer);
    const out = (size: number, kernel: number, axis: 0 | 1): number =>
      padding === "same"
        ? Math.ceil(size / strides[axis])
        : Math.floor((size - (kernel - 1) * dilations[axis] - 1) / strides[axis]) + 1;
    const shape = [out(h, kh, 0), out(w, kw, 1), filters];
    return activated(
      layer,
      biased(layer, layer.op("Conv2D", [x, layer.weight("kernel")], shape, attributes)),
    );
  },
  Conv2DTranspose: (layer, from) => {
    const x = single(from);
    const [h, w] = layer.imageOf(x);
    const [kh = 0, kw = 0, filters = 0] = layer.shapeOfWeight("kernel");
    const { strides, padding, attributes } = sliding(layer);
    if (layer.option("output_padding") !== undefined)
      throw new Error("its option output_padding is not supported");
    const out = (size: number, kernel: number, stride: number): number =>
      padding === "same" ? size * stride : size * stride + Math.max(kernel - stride, 0);
    const shape = [out(h, kh, strides[0]), out(w, kw, strides[1]), filters];
    const size = batched(layer, x, shape);
    const y = layer.op("Conv2DBackpropInput", [size, layer.weight("kernel"), x], shape, attributes);
    return activated(layer, biased(layer, y));
  },
  BatchNormalization: (layer, from) => {
    const x = single(from);
    const shape = layer.shapeOf(x);
    const [axis = -1] = layer.numbers("axis") ?? [-1];
    if (axis !== -1 && axis !== shape.length)
      throw new Error(`it is over the axis ${axis}; the last alone is supported`);
    const channels = shape.at(-1) ?? 0;
    const filled = (weight: string, value: number): string =>
      layer.has(weight)
        ? layer.weight(weight)
        : layer.constant({
            type: "float32",
            shape: [channels],
            data: new Float32Array(channels).fill(value),
          });
    const inputs = [
      filled("gamma", 1),
      filled("beta", 0),
      layer.weight("moving_mean"),
      layer.weight("moving_variance"),
    ];
    return layer.op("FusedBatchNormV3", [x, ...inputs], shape, { epsilon: layer.number("epsilon", 1e-3) });
  },
  Activation: (layer, from) => activated(layer, single(from)),
  ReLU: (layer, from) => {
    layer.only("threshold", 0);
    const most = layer.option("max_value");
    if (most !== undefined && most !== 6) throw new Error("its option max_value must be 6 or none");
    const slope = layer.number("negative_slope", 0);
    if (slope !== 0) return same(layer, "LeakyRelu", from, { alpha: slope });
    return same(layer, most === 6 ? "Relu6" : "Relu", from);
  },
  LeakyReLU: (layer, from) =>
    same(layer, "LeakyRelu", from, { alpha: layer.number("alpha", layer.number("negative_slope", 0.3)) }),
  ELU: (layer, from) => {
    layer.only("alpha", 1);
    return same(layer, "Elu", from);
  },
  PReLU: (layer, from) => {
    const x = single(from);
    return layer.op("Prelu", [x, layer.weight("alpha")], layer.shapeOf(x));
  },
  Reshape: (layer, from) => {
    const wanted = layer.numbers("target_shape") ?? [];
    const size = product(layer.shapeOf(single(from)));
    const rest = wanted.reduce((all, n) => (n < 0 ? all : all * n), 1);
    return reshaped(
      layer,
      single(from),
      wanted.map(n => (n < 0 ? size / rest : n)),
    );
  },
  Embedding: (layer, from) => {
    const x = single(from);
    const [, width = 0] = layer.shapeOfWeight("embeddings");
    const axis = layer.ints([0], []);
    return layer.op("GatherV2", [layer.weight("embeddings"), x, axis], [...layer.shapeOf(x), width]);
  },
  Flatten: (layer, from) => reshaped(layer, single(from), [product(layer.shapeOf(single(from)))]),
  Permute: (layer, from) => {
    const x = single(from);
    const order = layer.numbers("dims") ?? [];
    const shape = order.map(axis => layer.shapeOf(x)[axis - 1] ?? 0);
    return layer.op("Transpose", [x, layer.ints([0, ...order])], shape);
  },
  UpSampling2D: (layer, from) => {
    const x = single(from);
    const [h, w, c] = layer.imageOf(x);
    layer.only("data_format", "channels_last");
    const [down, right] = layer.pair("size", 2);
    const size = [h * down, w * right];
    const how = layer.text("interpolation", "nearest");
    if (how === "nearest") return layer.op("ResizeNearestNeighbor", [x, layer.ints(size)], [...size, c]);
    if (how !== "bilinear") throw new Error(`its interpolation '${how}' is not supported`);
    // Keras counts from the middle of pixels; TensorFlow.js's own layer from their corner.
    return layer.op("ResizeBilinear", [x, layer.ints(size)], [...size, c], {
      half_pixel_centers: !layer.own,
    });
  },
  ZeroPadding2D: (layer, from) => {
    const x = single(from);
    const [h, w, c] = layer.imageOf(x);
    const [[top, bottom], [left, right]] = edges(layer, "padding");
    const pads = layer.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
    return layer.op("Pad", [x, pads], [h + top + bottom, w + left + right, c]);
  },
  Cropping2D: (layer, from) => {
    const x = single(from);
    const [h, w, c] = layer.imageOf(x);
    const [[top, bottom], [left, right]] = edges(layer, "cropping");
    const size = [h - top - bottom, w - left - right, c];
    return layer.op("Slice", [x, layer.ints([0, top, left, 0]), layer.ints([-1, ...size])], size);
  },
  MaxPooling2D: (layer, from) => pooled(layer, "MaxPool", single(from)),
  AveragePooling2D: (layer, from) => pooled(layer, "AvgPool", single(from)),
  GlobalAveragePooling2D: (layer, from) => {
    const x = single(from);
    return layer.op("Mean", [x, layer.ints([1, 2])], [layer.imageOf(x)[2]]);
  },
  Add: (layer, from) => folded(layer, "Add", from),
  Multiply: (layer, from) => folded(layer, "Mul", from),
  Concatenate: (layer, from) => {
    const shapes = from.map(value => layer.shapeOf(value));
    const rank = shapes[0]?.length ?? 0;
    const axis = layer.number("axis", -1);
    const own = axis < 0 ? axis + rank : axis - 1;
    if (own < 0 || own >= rank) throw new Error(`there is no axis ${axis}`);
    const total = shapes.reduce((sum, shape) => sum + (shape[own] ?? 0), 0);
    return layer.op("ConcatV2", [...from, layer.ints([own + 1], [])], (shapes[0] ?? []).with(own, total));
  },
  Dropout: (_, from) => single(from),
  GaussianNoise: (_, from) => single(from),
  ActivityRegularization: (_, from) => single(from),
};

function single(from: readonly string[]): string {
  const [value, ...more] = from;
  if (value === undefined || more.length > 0) throw new Error(`it takes one input, not ${from.length}`);
  return value;
}

function same(
  layer: LayerBuilder,
  op: string,
  from: readonly string[],
  attributes: Record<string, Attribute> = {},
): string {
  return layer.op(op, [single(from)], layer.shapeOf(single(from)), attributes);
}

function biased(layer: LayerBuilder, y: string): string {
  return layer.flag("use_bias", true) ? layer.op("BiasAdd", [y, layer.weight("bias")], layer.shapeOf(y)) : y;
}

const activations: Readonly<Record<string, string>> = {
  ...{ relu: "Relu", relu6: "Relu6", tanh: "Tanh", sigmoid: "Sigmoid", elu: "Elu", selu: "Selu" },
  ...{ softplus: "Softplus", softmax: "Softmax", exponential: "Exp", leaky_relu: "LeakyRelu" },
};

function activated(layer: LayerBuilder, y: string): string {
  const name = layer.text("activation", "linear");
  if (name === "linear") return y;
  const op = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (op === undefined)
    throw new Error(
      `its activation '${name}' is unknown (known: linear, ${Object.keys(activations).join(", ")})`,
    );
  return layer.op(op, [y], layer.shapeOf(y));
}

function sliding(layer: LayerBuilder): {
  readonly strides: readonly [number, number];
  readonly padding: string;
  readonly dilations: readonly [number, number];
  readonly attributes: Record<string, Attribute>;
} {
  layer.only("data_format", "channels_last");
  layer.only("groups", 1);
  const [strides, dilations] = [layer.pair("strides", 1), layer.pair("dilation_rate", 1)];
  const padding = layer.text("padding", "valid");
  if (padding !== "same" && padding !== "valid") throw new Error(`its padding '${padding}' is not supported`);
  const attributes = {
    strides: [1, ...strides, 1],
    padding: padding.toUpperCase(),
    dilations: [1, ...dilations, 1],
  };
  return { strides, padding, dilations, attributes };
}

function pooled(layer: LayerBuilder, op: string, x: string): string {
  const [h, w, c] = layer.imageOf(x);
  layer.only("data_format", "channels_last");
  const size = layer.pair("pool_size", 2);
  const strides = layer.option("strides") === undefined ? size : layer.pair("strides");
  const padding = layer.text("padding", "valid");
  const out = (side: number, axis: 0 | 1): number =>
    padding === "same"
      ? Math.ceil(side / strides[axis])
      : Math.floor((side - size[axis]) / strides[axis]) + 1;
  const attributes = { ksize: [1, ...size, 1], strides: [1, ...strides, 1], padding: padding.toUpperCase() };
  return layer.op(op, [x], [out(h, 0), out(w, 1), c], attributes);
}

function folded(layer: LayerBuilder, op: string, from: readonly string[]): string {
  const [first, ...more] = from;
  if (first === undefined || more.length === 0) throw new Error("it takes two inputs or more");
  return more.reduce((sum, value) => layer.op(op, [sum, value], layer.shapeOf(first)), first);
}

function reshaped(layer: LayerBuilder, x: string, shape: readonly number[]): string {
  return layer.op("Reshape", [x, layer.ints([-1, ...shape])], shape);
}

/** [batch, ...shape] as numbers, the batch being that of `x`. */
function batched(layer: LayerBuilder, x: string, shape: readonly number[]): string {
  const sizes = layer.op("Shape", [x], []);
  const batch = layer.op("Slice", [sizes, layer.ints([0]), layer.ints([1])], []);
  return layer.op("ConcatV2", [batch, layer.ints(shape), layer.ints([0], [])], []);
}

/** [[top, bottom], [left, right]], which Keras lets two numbers or one stand for. */
function edges(
  layer: LayerBuilder,
  name: string,
): readonly [readonly [number, number], readonly [number, number]] {
  const value = layer.option(name) ?? 1;
  const two = (given: unknown): readonly unknown[] =>
    Array.isArray(given) ? (given as readonly unknown[]) : [given];
  const [rows, columns = rows] = two(value);
  const pair = (side: unknown): readonly [number, number] => {
    const [a, b = a] = two(side);
    if (typeof a !== "number" || typeof b !== "number" || a < 0 || b < 0)
      throw new Error(`its option ${name} is ${JSON.stringify(value)}`);
    return [a, b];
  };
  return [pair(rows), pair(columns)];
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, n) => all * n, 1);
}
