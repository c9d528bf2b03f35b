/** Reductions and arithmetic. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { d1, d2, d3, d4, table } from "./case.js";

const { cases, add } = table();

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

export { cases as arithmetic };
