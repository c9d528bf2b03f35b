import fc from "fast-check";
import type { Tensor4D } from "../../../steps/engine/index.js";
import type { Build } from "../rig.js";
import { agree, type Check, inputsOf, stepOf } from "./check.js";

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

interface Trial {
  readonly shapes: readonly (readonly number[])[];
  readonly build: Build;
  readonly gradients?: boolean;
}

/** Compiled and eager agree on value and gradients, whatever the shapes. */
function property(name: string, trials: fc.Arbitrary<Trial>, numRuns = 25): Check {
  return {
    name,
    run: engine =>
      fc.assert(
        fc.asyncProperty(trials, ({ shapes, build, gradients = true }) =>
          agree(engine, stepOf(engine, shapes.length, build, gradients), inputsOf(shapes)),
        ),
        { numRuns, seed: 1 },
      ),
  };
}

const windows = fc.record({
  ...{ n: size(9), h: size(9), w: size(9), c: size(9), k: size(9), kh: size(5), kw: size(5) },
  ...{ sh: size(4), sw: size(4), same: fc.boolean() },
});
const fitting = windows.filter(({ same, kh, kw, h, w }) => same || (kh <= h && kw <= w));

const lists = fc.array(size(5), { minLength: 1, maxLength: 4 });

/** Patches of more than a quarter of a gigabyte are worked on in several pieces. */
const large: readonly Check[] = [
  {
    name: "a convolution with large patches",
    run: engine => {
      const build: Build = (tf, x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, "same");
      const of = [
        [3, 480, 480, 4],
        [5, 5, 4, 1],
      ];
      // The filter's gradient is a sum of 700,000 terms.
      return agree(engine, stepOf(engine, 2, build, true), inputsOf(of), 1e-3);
    },
  },
  {
    name: "a transposed convolution with large patches",
    run: engine => {
      const build: Build = (tf, x, filter) =>
        tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, [3, 480, 480, 2], 1, "same");
      const of = [
        [3, 480, 480, 4],
        [5, 5, 2, 4],
      ];
      return agree(engine, stepOf(engine, 2, build, false), inputsOf(of));
    },
  },
];

export const shapes: readonly Check[] = [
  property(
    "convolutions",
    fitting.map(({ n, h, w, c, k, kh, kw, sh, sw, same }) => ({
      shapes: [
        [n, h, w, c],
        [kh, kw, c, k],
      ],
      build: (tf, x, filter) =>
        tf.conv2d(x as Tensor4D, filter as Tensor4D, [sh, sw], same ? "same" : "valid"),
    })),
    40,
  ),
  ...large,
  property(
    "transposed convolutions",
    fc
      .record({
        n: size(9),
        h: size(6),
        w: size(6),
        c: size(9),
        k: size(9),
        kernel: size(5),
        stride: size(4),
      })
      .map(({ n, h, w, c, k, kernel, stride }) => ({
        shapes: [
          [n, h, w, c],
          [kernel, kernel, k, c],
        ],
        build: (tf, x, filter) =>
          tf.conv2dTranspose(
            x as Tensor4D,
            filter as Tensor4D,
            [n, h * stride, w * stride, k],
            stride,
            "same",
          ),
      })),
  ),
  property(
    "depthwise convolutions",
    fitting.map(({ n, h, w, c, k, kh, kw, sh, same }) => ({
      shapes: [
        [n, h, w, c],
        [kh, kw, c, (k % 3) + 1],
      ],
      build: (tf, x, filter) =>
        tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, sh, same ? "same" : "valid"),
    })),
  ),
  ...(["maxPool", "avgPool"] as const).map(pool =>
    property(
      pool,
      fitting.map(({ n, h, w, c, kh, sh, same }) => ({
        shapes: [[n, Math.max(h, kh), Math.max(w, kh), c]],
        build: (tf, x) => tf[pool](tf.sub(x as Tensor4D, 3), kh, sh, same ? "same" : "valid"),
      })),
    ),
  ),
  property(
    "matrix products",
    fc
      .record({ batch: fc.array(size(3), { maxLength: 2 }), m: size(9), n: size(9), k: size(9) })
      .chain(sizes => fc.record({ ...one(sizes), ta: fc.boolean(), tb: fc.boolean(), shared: fc.boolean() }))
      .map(({ batch, m, n, k, ta, tb, shared }) => ({
        shapes: [
          [...batch, ...(ta ? [k, m] : [m, k])],
          [...(shared ? batch.map(() => 1) : batch), ...(tb ? [n, k] : [k, n])],
        ],
        build: (tf, x, y) => tf.matMul(x, y, ta, tb),
      })),
  ),
  ...(["sum", "mean", "max", "min"] as const).map(operation =>
    property(
      `${operation} over any axes`,
      fc
        .tuple(lists, fc.boolean(), size(80))
        .chain(([shape, keep, first]) =>
          fc.record({
            shape: fc.constant([first, ...shape]),
            axes: fc.subarray([...Array(shape.length + 1).keys()], { minLength: 1 }),
            keep: fc.constant(keep),
          }),
        )
        .map(({ shape, axes, keep }) => ({
          shapes: [shape],
          build: (tf, x) => tf[operation](x, axes, keep),
        })),
    ),
  ),
  property(
    "arithmetic that broadcasts",
    lists.chain(shape =>
      fc
        .tuple(
          fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
          fc.nat(shape.length),
        )
        .map(([single, from]) => ({
          shapes: [shape, shape.map((n, i) => (single[i] === true ? 1 : n)).slice(from)],
          build: (tf, x, y) =>
            tf.div(tf.mul(tf.add(x, y), tf.sub(x, tf.maximum(y, 0.1))), tf.add(tf.square(y), 1)),
        })),
    ),
  ),
  property(
    "gathers along any axis, with repeats",
    lists.chain(shape =>
      fc.nat(shape.length - 1).chain(axis =>
        fc.array(fc.nat((shape[axis] ?? 1) - 1), { minLength: 1, maxLength: 6 }).map(places => ({
          shapes: [shape],
          build: (tf, x) => tf.gather(x, tf.tensor1d(places, "int32"), axis),
        })),
      ),
    ),
  ),
  property(
    "slices, pads, reversals and transpositions",
    fc
      .tuple(
        fc.array(size(5), { minLength: 3, maxLength: 3 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      )
      .chain(([shape, perm]) =>
        fc.tuple(...shape.map(n => fc.nat(n - 1))).map(begin => ({
          shapes: [shape],
          build: (tf, x) => {
            const padded = tf.pad(tf.slice(x, begin), [
              [1, 0],
              [0, 2],
              [1, 1],
            ]);
            return tf.reverse(tf.transpose(padded, perm), [0, 2]);
          },
        })),
      ),
  ),
  ...(["resizeBilinear", "resizeNearestNeighbor"] as const).map(resize =>
    property(
      resize,
      fc
        .record({ ...{ n: size(3), h: size(6), w: size(6), c: size(3), to: size(9), across: size(9) } })
        .chain(sizes => fc.record({ ...one(sizes), mode: fc.constantFrom("plain", "corners", "centres") }))
        .map(({ n, h, w, c, to, across, mode }) => ({
          shapes: [[n, h, w, c]],
          build: (tf, x) =>
            tf.image[resize](x as Tensor4D, [to, across], mode === "corners", mode === "centres"),
        })),
    ),
  ),
  property(
    "crops that are resized",
    fc
      .record({ h: size(7), w: size(7), to: size(5), across: size(5), method: fc.boolean() })
      .map(({ h, w, to, across, method }) => ({
        shapes: [[3, h, w, 2]],
        gradients: false,
        build: (tf, x) =>
          tf.image.cropAndResize(
            x as Tensor4D,
            tf.tensor2d([
              [0, 0, 1, 1],
              [0.13, 0.27, 0.71, 0.94],
              [0.81, -0.2, 0.11, 1.3],
            ]),
            tf.tensor1d([2, 0, 1], "int32"),
            [to, across],
            method ? "bilinear" : "nearest",
            0.5,
          ),
      })),
  ),
];

function one<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}
