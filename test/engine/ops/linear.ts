/** Matrix products, convolutions, pooling. */
import { d1, d2, d3, d4, table } from "./case.js";

const { cases, add } = table();

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
add(
  "fused depthwise conv2d, stride over the filter's size",
  [[2, 7, 7, 3], [2, 2, 3, 2], [6]],
  (tf, x, w, bias) =>
    tf.fused.depthwiseConv2d({
      ...{ x: d4(x), filter: d4(w), strides: 3, pad: "same" },
      ...{ bias: d1(bias), activation: "relu" },
    }),
  false,
);

export { cases as linear };
