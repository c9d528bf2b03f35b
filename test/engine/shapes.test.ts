import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Tensor4D } from "../../steps/engine/index.js";
import { evaluate, openPair, relativeError, type Build, type Pair } from "./rig.js";

/** Any geometry, however odd: wasm must agree with cpu, value and gradients, or both must refuse. */
describe("wasm agrees with cpu for any shape", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await openPair();
  });
  afterAll(() => pair.engines.forEach(engine => engine.dispose()));

  async function agree(shapes: readonly (readonly number[])[], build: Build): Promise<void> {
    const expected = await evaluate(pair.tf, "cpu", shapes, build);
    const actual = await evaluate(pair.tf, "wasm", shapes, build);
    expected.forEach((numbers, i) => expect(relativeError(actual[i] ?? [], numbers)).toBeLessThan(3e-5));
  }
  const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
  const options = { numRuns: 60, seed: 1 };

  it("convolutions", async () => {
    const geometry = fc.record({
      ...{ n: size(3), h: size(9), w: size(9), c: size(5), k: size(5), kh: size(5), kw: size(5) },
      ...{ sh: size(4), sw: size(4), same: fc.boolean() },
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, h, w, c, k, kh, kw, sh, sw, same }) => {
        fc.pre(same || (kh <= h && kw <= w));
        await agree(
          [
            [n, h, w, c],
            [kh, kw, c, k],
          ],
          (tf, x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, [sh, sw], same ? "same" : "valid"),
        );
      }),
      options,
    );
  });

  it("transposed convolutions", async () => {
    const geometry = fc.record({
      n: size(3),
      h: size(6),
      w: size(6),
      c: size(5),
      k: size(5),
      size: size(5),
      stride: size(4),
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, h, w, c, k, size, stride }) => {
        await agree(
          [
            [n, h, w, c],
            [size, size, k, c],
          ],
          (tf, x, filter) =>
            tf.conv2dTranspose(
              x as Tensor4D,
              filter as Tensor4D,
              [n, h * stride, w * stride, k],
              stride,
              "same",
            ),
        );
      }),
      options,
    );
  });

  it("matrix products, also of reshaped and shared operands", async () => {
    const geometry = fc.record({ m: size(9), n: size(9), k: size(9), ta: fc.boolean(), tb: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(geometry, async ({ m, n, k, ta, tb }) => {
        const [a, b] = [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]];
        await agree([a, b], (tf, x, y) => {
          const product = tf.matMul(x, y, ta, tb);
          // The same data as a row: XNNPACK's cache must not take it for the matrix.
          const row = tf.matMul(tf.ones([2, 1]), tf.reshape(y, [1, n * k]));
          return tf.concat([tf.reshape(product, [m * n]), tf.reshape(row, [2 * n * k])]);
        });
      }),
      options,
    );
  });

  it("pooling", async () => {
    const geometry = fc.record({
      ...{ n: size(3), h: size(9), w: size(9), c: size(5), window: size(4), stride: size(4) },
      ...{ same: fc.boolean(), max: fc.boolean() },
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, h, w, c, window, stride, same, max }) => {
        fc.pre(same || (window <= h && window <= w));
        await agree([[n, h, w, c]], (tf, x) =>
          (max ? tf.maxPool : tf.avgPool)(tf.sub(x as Tensor4D, 3), window, stride, same ? "same" : "valid"),
        );
      }),
      options,
    );
  });

  it("reductions", async () => {
    const geometry = fc
      .array(size(6), { minLength: 1, maxLength: 4 })
      .chain(shape =>
        fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 }), fc.boolean()),
      );
    await fc.assert(
      fc.asyncProperty(
        geometry,
        fc.constantFrom("sum", "mean", "max", "min" as const),
        async ([shape, axes, keep], op) => {
          await agree([shape], (tf, x) => tf[op](x, axes, keep));
        },
      ),
      options,
    );
  });
});
