/** Moving, picking and resizing. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { d1, d2, d3, d4, table } from "./case.js";

const { cases, add } = table();

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

export { cases as structure };
