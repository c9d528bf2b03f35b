/**
 * Every kind of operation that steps use, as a table: shapes of the inputs, and what is done with them. It is held
 * against the cpu backend (wasm.test.ts) and its gradients against finite differences (gradients.test.ts).
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Build } from "./rig.js";

export interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly build: Build;
  /** False for operations without a gradient. */
  readonly gradients: boolean;
}

const cases: Case[] = [];
function add(name: string, shapes: number[][], build: Build, gradients = true): void {
  cases.push({ name, shapes, build, gradients });
}
const d1 = (t: Tensor | undefined): Tensor1D => t as Tensor1D;
const d2 = (t: Tensor | undefined): Tensor2D => t as Tensor2D;
const d3 = (t: Tensor | undefined): Tensor3D => t as Tensor3D;
const d4 = (t: Tensor | undefined): Tensor4D => t as Tensor4D;

for (const ta of [false, true])
  for (const tb of [false, true]) {
    const flags = `${ta ? "a'" : "a"} ${tb ? "b'" : "b"}`;
    const a = ta ? [9, 5] : [5, 9];
    const b = tb ? [4, 9] : [9, 4];
    add(`matMul ${flags}`, [a, b], (tf, x, y) => tf.matMul(d2(x), d2(y), ta, tb));
    add(
      `batched matMul ${flags}`,
      [
        [3, ...a],
        [3, ...b],
      ],
      (tf, x, y) => tf.matMul(d3(x), d3(y), ta, tb),
    );
    add(
      `batch of one matMul ${flags}`,
      [
        [1, ...a],
        [1, ...b],
      ],
      (tf, x, y) => tf.matMul(d3(x), d3(y), ta, tb),
    );
    add(
      `broadcast matMul ${flags}`,
      [
        [3, ...a],
        [1, ...b],
      ],
      (tf, x, y) => tf.matMul(d3(x), d3(y), ta, tb),
    );
  }
add(
  "matMul row x column",
  [
    [1, 7],
    [7, 1],
  ],
  (tf, x, y) => tf.matMul(d2(x), d2(y)),
);
add(
  "matMul column x row'",
  [
    [7, 1],
    [5, 1],
  ],
  (tf, x, y) => tf.matMul(d2(x), d2(y), false, true),
);
add(
  "matMul of the same b in two shapes",
  [
    [4, 6],
    [12, 3],
  ],
  (tf, a, b) =>
    tf.concat([
      tf.reshape(tf.matMul(d2(a), tf.reshape(d2(b), [6, 6])), [24]),
      tf.reshape(tf.matMul(tf.reshape(d2(a), [2, 12]), d2(b)), [6]),
    ]),
);
add("dot of vectors", [[7], [7]], (tf, x, y) => tf.dot(d1(x), d1(y)));
for (const [h, c, k, size, stride, pad] of [
  [7, 1, 8, 3, 1, "same"],
  [8, 3, 4, 4, 2, "same"],
  [7, 4, 3, 3, 2, "same"],
  [9, 2, 5, 3, 1, "valid"],
  [9, 4, 6, 5, 2, "valid"],
  [10, 2, 3, 3, 3, "valid"],
  [8, 3, 8, 1, 1, "same"],
  [8, 3, 5, 1, 2, "same"],
  [6, 3, 2, 2, 3, "valid"],
  [8, 4, 4, 3, 1, 1],
  [7, 2, 3, 5, 2, 2],
  [9, 2, 3, 2, 3, "same"],
  [8, 2, 3, 3, 4, "same"],
] as const)
  add(
    `conv2d ${h} ${c}->${k} k${size} s${stride} ${pad}`,
    [
      [2, h, h, c],
      [size, size, c, k],
    ],
    (tf, x, w) => tf.conv2d(d4(x), d4(w), stride, pad),
  );
add(
  "conv2d of an oblong",
  [
    [2, 6, 9, 2],
    [3, 2, 2, 3],
  ],
  (tf, x, w) => tf.conv2d(d4(x), d4(w), [2, 1], "same"),
);
add(
  "conv2d dilated",
  [
    [2, 9, 9, 3],
    [3, 3, 3, 4],
  ],
  (tf, x, w) => tf.conv2d(d4(x), d4(w), 1, "same", "NHWC", 2),
  false,
);
for (const [h, c, k, size, stride] of [
  [4, 6, 3, 4, 2],
  [7, 3, 1, 4, 2],
  [5, 3, 4, 3, 1],
  [3, 4, 2, 5, 2],
  [3, 2, 2, 2, 3],
] as const)
  add(
    `conv2dTranspose ${h} ${c}->${k} k${size} s${stride}`,
    [
      [2, h, h, c],
      [size, size, k, c],
    ],
    (tf, x, w) => tf.conv2dTranspose(d4(x), d4(w), [2, h * stride, h * stride, k], stride, "same"),
  );
add(
  "depthwise",
  [
    [2, 7, 7, 4],
    [3, 3, 4, 1],
  ],
  (tf, x, w) => tf.depthwiseConv2d(d4(x), d4(w), 1, "same"),
);
add(
  "depthwise stride 2, multiplier 2",
  [
    [2, 7, 7, 2],
    [3, 3, 2, 2],
  ],
  (tf, x, w) => tf.depthwiseConv2d(d4(x), d4(w), 2, "same"),
);
add(
  "depthwise dilated",
  [
    [2, 7, 7, 2],
    [3, 3, 2, 1],
  ],
  (tf, x, w) => tf.depthwiseConv2d(d4(x), d4(w), 1, "valid", "NHWC", 2),
  false,
);
add("maxPool", [[2, 6, 6, 3]], (tf, x) => tf.maxPool(d4(x), 2, 2, "valid"));
add("maxPool of negative numbers", [[2, 6, 6, 3]], (tf, x) => tf.maxPool(tf.sub(d4(x), 5), 2, 2, "valid"));
add("maxPool overlapping", [[2, 7, 7, 2]], (tf, x) => tf.maxPool(tf.sub(d4(x), 5), 3, 2, "same"));
add("avgPool", [[2, 7, 7, 3]], (tf, x) => tf.avgPool(d4(x), 2, 2, "same"));
for (const axes of [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]])
  for (const keep of [false, true]) {
    add(`sum over ${axes.join()} keep ${keep}`, [[3, 4, 11]], (tf, x) => tf.sum(d3(x), axes, keep));
    add(`mean over ${axes.join()} keep ${keep}`, [[3, 4, 11]], (tf, x) => tf.mean(d3(x), axes, keep));
  }
add("sum of columns", [[100, 17]], (tf, x) => tf.sum(d2(x), 0));
add("sum of all of a vector", [[17]], (tf, x) => tf.sum(d1(x)));
add("max", [[5, 7]], (tf, x) => tf.max(d2(x), 1));
add("max over columns", [[5, 7]], (tf, x) => tf.max(d2(x), 0, true));
add("min", [[5, 7]], (tf, x) => tf.min(d2(x), 1));
add("cumsum", [[5, 7]], (tf, x) => tf.cumsum(d2(x), 1));
add("cumsum of columns, reverse, exclusive", [[5, 7]], (tf, x) => tf.cumsum(d2(x), 0, true, true));
add("variance", [[4, 3, 3, 6]], (tf, x) => tf.moments(d4(x), [0, 1, 2]).variance);
add("softmax", [[5, 7]], (tf, x) => tf.softmax(d2(x)));
add("logSoftmax", [[5, 7]], (tf, x) => tf.logSoftmax(d2(x)));
add("logSumExp", [[5, 7]], (tf, x) => tf.logSumExp(d2(x), 1));
add("add", [[5, 7], [7]], (tf, x, y) => tf.add(d2(x), d1(y)));
add(
  "sub",
  [
    [5, 1],
    [5, 7],
  ],
  (tf, x, y) => tf.sub(d2(x), d2(y)),
);
add(
  "mul",
  [
    [5, 7],
    [1, 7],
  ],
  (tf, x, y) => tf.mul(d2(x), d2(y)),
);
add(
  "div",
  [
    [5, 7],
    [5, 1],
  ],
  (tf, x, y) => tf.div(d2(x), tf.add(d2(y), 3)),
);
add(
  "maximum",
  [
    [5, 7],
    [5, 7],
  ],
  (tf, x, y) => tf.maximum(d2(x), d2(y)),
);
add("maximum of a constant", [[5, 7]], (tf, x) => tf.maximum(d2(x), 0.21));
add("minimum broadcast", [[5, 7], [7]], (tf, x, y) => tf.minimum(d2(x), d1(y)));
add(
  "squaredDifference broadcast",
  [
    [5, 7],
    [5, 1],
  ],
  (tf, x, y) => tf.squaredDifference(d2(x), d2(y)),
);
add("pow", [[5, 7], [7]], (tf, x, y) => tf.pow(tf.add(tf.abs(d2(x)), 0.3), d1(y)));
add(
  "addN",
  [
    [5, 7],
    [5, 7],
  ],
  (tf, x, y) => tf.addN([d2(x), d2(y), d2(x)]),
);
add("prelu", [[5, 7], [7]], (tf, x, y) => tf.prelu<Tensor>(d2(x), d1(y)));
for (const name of [
  ...["neg", "abs", "square", "exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sigmoid"],
  ...["softplus", "relu", "relu6", "leakyRelu", "elu", "selu", "asin", "acos", "atan", "clone"],
] as const)
  add(name, [[5, 7]], (tf, x) => {
    const f = tf[name] as (x: Tensor) => Tensor;
    return f(tf.mul(d2(x), 0.9));
  });
for (const name of ["log", "log1p", "sqrt", "rsqrt", "reciprocal"] as const)
  add(name, [[5, 7]], (tf, x) => {
    const f = tf[name] as (x: Tensor) => Tensor;
    return f(tf.add(tf.abs(d2(x)), 0.3));
  });
add("softplus of large numbers", [[5, 7]], (tf, x) => tf.softplus(tf.mul(d2(x), 50)));
add("clipByValue", [[5, 7]], (tf, x) => tf.clipByValue(d2(x), -0.5, 0.5));
for (const name of ["sign", "floor", "ceil", "step"] as const)
  add(name, [[5, 7]], (tf, x) => (tf[name] as (x: Tensor) => Tensor)(d2(x)));
add("reshape", [[4, 6]], (tf, x) => tf.reshape(d2(x), [3, 8]));
add("expandDims", [[4, 6]], (tf, x) => tf.expandDims(d2(x), 1));
add("transpose", [[4, 5, 3, 2]], (tf, x) => tf.transpose(d4(x), [3, 1, 2, 0]));
add("transpose of a matrix", [[45, 61]], (tf, x) => tf.transpose(d2(x)));
add("concat, slice, reverse, pad", [[4, 6, 6, 3]], (tf, x) => {
  const inner = tf.slice(d4(x), [0, 1, 1, 0], [4, 4, -1, 3]);
  const padded = tf.pad(inner, [
    [0, 0],
    [1, 1],
    [0, 1],
    [0, 0],
  ]);
  return tf.concat([tf.reverse(d4(x), 2), padded], 3);
});
add("split", [[4, 6]], (tf, x) => tf.mul(...(tf.split(d2(x), 2, 1) as [Tensor, Tensor])));
add(
  "stack",
  [
    [4, 6],
    [4, 6],
  ],
  (tf, x, y) => tf.stack([d2(x), d2(y)], 1),
);
add("unstack", [[2, 6]], (tf, x) => tf.mul(...(tf.unstack(d2(x)) as [Tensor, Tensor])));
add("tile", [[4, 5]], (tf, x) => tf.tile(d2(x), [2, 3]));
add("broadcastTo", [[4, 1, 5]], (tf, x) => tf.broadcastTo(d3(x), [4, 3, 5]));
add("gather", [[13, 7]], (tf, x) => tf.gather(d2(x), tf.tensor1d([0, 3, 3, 12], "int32")));
add("gather of columns", [[5, 7]], (tf, x) =>
  tf.gather(
    d2(x),
    tf.tensor2d(
      [
        [0, 3],
        [3, 6],
      ],
      [2, 2],
      "int32",
    ),
    1,
  ),
);
add(
  "where",
  [
    [5, 7],
    [5, 7],
  ],
  (tf, x, y) => tf.where(tf.greater(tf.sin(tf.mul(d2(x), 9)), 0), d2(x), d2(y)),
);
add("cast and compare", [[5, 7]], (tf, x) => tf.mul(d2(x), tf.cast(tf.greater(d2(x), 0.1), "float32")));
add("batchNorm", [[4, 3, 3, 6], [6], [6], [6], [6]], (tf, x, mean, variance, offset, scale) =>
  tf.batchNorm(d4(x), d1(mean), tf.add(tf.abs(d1(variance)), 0.5), d1(offset), d1(scale), 1e-3),
);
add("resizeBilinear", [[2, 4, 5, 3]], (tf, x) => tf.image.resizeBilinear(d4(x), [7, 9]));
add("resizeNearestNeighbor", [[2, 4, 5, 3]], (tf, x) => tf.image.resizeNearestNeighbor(d4(x), [8, 10]));
add(
  "unsortedSegmentSum",
  [[6, 3]],
  (tf, x) => tf.unsortedSegmentSum(d2(x), tf.tensor1d([0, 1, -1, 0, 1, 2], "int32"), 3),
  false,
);
add(
  "einsum ij,jk->ik",
  [
    [5, 4],
    [4, 6],
  ],
  (tf, x, y) => tf.einsum("ij,jk->ik", d2(x), d2(y)),
  false,
);
add(
  "einsum bij,bj->i",
  [
    [3, 5, 4],
    [3, 4],
  ],
  (tf, x, y) => tf.einsum("bij,bj->i", x, y),
  false,
);
add("einsum ij->ji", [[5, 4]], (tf, x) => tf.einsum("ij->ji", d2(x)), false);
add(
  "stridedSlice",
  [[4, 6, 6, 3]],
  (tf, x) => tf.stridedSlice(d4(x), [0, 0, 1, 0], [4, 6, 6, 3], [1, 2, 2, 1]),
  false,
);
add(
  "cropAndResize",
  [[2, 9, 9, 3]],
  (tf, x) =>
    tf.image.cropAndResize(
      d4(x),
      tf.tensor2d([
        [0.1, 0.1, 0.8, 0.9],
        [0, 0.2, 1, 1],
      ]),
      tf.tensor1d([0, 1], "int32"),
      [9, 9],
    ),
  false,
);
add("flipLeftRight", [[2, 9, 9, 3]], (tf, x) => tf.image.flipLeftRight(d4(x)), false);
add("argMax", [[13, 7]], (tf, x) => tf.argMax(d2(x), 1), false);
add("argMin of columns", [[13, 7]], (tf, x) => tf.argMin(d2(x), 0), false);
add("topk", [[13, 7]], (tf, x) => tf.topk(d2(x), 3).values, false);
add(
  "oneHot",
  [[13]],
  (tf, x) => tf.oneHot(tf.cast(tf.floor(tf.mul(tf.add(d1(x), 1), 2)), "int32"), 5),
  false,
);
add("prod", [[5, 4]], (tf, x) => tf.prod(d2(x), 1), false);
add("eye", [[4, 4]], (tf, x) => tf.mul(d2(x), tf.eye(4)));
add("fused matMul", [[5, 9], [9, 4], [4], [4]], (tf, x, y, bias, other) =>
  tf.concat([
    tf.fused.matMul({ a: d2(x), b: d2(y), bias: d1(bias) }),
    tf.fused.matMul({ a: d2(x), b: d2(y), bias: d1(other), activation: "relu" }),
    tf.fused.matMul({ a: d2(x), b: d2(y) }),
    tf.matMul(d2(x), d2(y)),
  ]),
);
add("fused conv2d", [[2, 6, 6, 3], [3, 3, 3, 4], [4], [4]], (tf, x, w, bias, other) =>
  tf.concat([
    tf.fused.conv2d({ x: d4(x), filter: d4(w), strides: 1, pad: "same", bias: d1(bias) }),
    tf.fused.conv2d({
      x: d4(x),
      filter: d4(w),
      strides: 1,
      pad: "same",
      bias: d1(other),
      activation: "relu",
    }),
    tf.conv2d(d4(x), d4(w), 1, "same"),
  ]),
);

export { cases };
