import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  openEngine,
  type Engine,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "../../steps/engine/index.js";
import { activate } from "../../steps/lib/model.js";
import { conv2d, conv2dTranspose } from "../../steps/nn/conv.js";
import { dense } from "../../steps/nn/dense.js";
import { numbers, tensor } from "../engine/rig.js";

type Image = (n: number, h: number, w: number, c: number) => number;

/** Reads [N, H, W, C]; 0 outside of the image. */
function imageAt(
  data: Float32Array,
  [, height, width, channels]: readonly [number, number, number, number],
): Image {
  return (n, h, w, c) =>
    h < 0 || w < 0 || h >= height || w >= width
      ? 0
      : (data[((n * height + h) * width + w) * channels + c] ?? NaN);
}

describe("layers", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());
  const close = (actual: ArrayLike<number>, expected: readonly number[]): void => {
    expect(actual.length).toBe(expected.length);
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));
  };

  it("dense: y = x w + b", () => {
    const { tf } = engine;
    const [x, w, b] = [numbers(6, 1), numbers(8, 2), numbers(4, 3)];
    const y = dense(
      tf,
      tensor(tf, [3, 2], 1) as Tensor2D,
      tensor(tf, [2, 4], 2) as Tensor2D,
      tensor(tf, [4], 3) as Tensor1D,
    );
    const expected = Array.from({ length: 12 }, (_, i) => {
      const [row, column] = [Math.floor(i / 4), i % 4];
      return (
        (x[2 * row] ?? 0) * (w[column] ?? 0) + (x[2 * row + 1] ?? 0) * (w[4 + column] ?? 0) + (b[column] ?? 0)
      );
    });
    close(y.dataSync(), expected);
  });

  it.each([
    [6, 3, 1],
    [7, 4, 2],
    [5, 3, 2],
    [8, 4, 2],
  ])("conv2d %i with a filter of %i and stride %i is the sum over its window", (size, kernel, stride) => {
    const { tf } = engine;
    const out = Math.ceil(size / stride);
    // TensorFlow's `same`: what cannot be split evenly goes to the end.
    const before = Math.floor(Math.max(0, (out - 1) * stride + kernel - size) / 2);
    const x = imageAt(numbers(2 * size * size * 2, 1), [2, size, size, 2]);
    const f = imageAt(numbers(kernel * kernel * 6, 2), [kernel, kernel, 2, 3]);
    const b = numbers(3, 3);
    const y = conv2d(
      tf,
      tensor(tf, [2, size, size, 2], 1) as Tensor4D,
      tensor(tf, [kernel, kernel, 2, 3], 2) as Tensor4D,
      {
        stride,
        bias: tensor(tf, [3], 3) as Tensor1D,
      },
    );
    const expected: number[] = [];
    for (let n = 0; n < 2; n++)
      for (let h = 0; h < out; h++)
        for (let w = 0; w < out; w++)
          for (let k = 0; k < 3; k++) {
            let sum = b[k] ?? 0;
            for (let i = 0; i < kernel; i++)
              for (let j = 0; j < kernel; j++)
                for (let c = 0; c < 2; c++)
                  sum += x(n, h * stride + i - before, w * stride + j - before, c) * f(i, j, c, k);
            expected.push(sum);
          }
    close(y.dataSync(), expected);
  });

  it.each([
    [4, 4, 2],
    [3, 3, 1],
    [3, 5, 2],
  ])("conv2dTranspose %i with a filter of %i and stride %i spreads every pixel", (size, kernel, stride) => {
    const { tf } = engine;
    const out = size * stride;
    const before = Math.floor(Math.max(0, (size - 1) * stride + kernel - out) / 2);
    const x = imageAt(numbers(2 * size * size * 3, 1), [2, size, size, 3]);
    const f = imageAt(numbers(kernel * kernel * 6, 2), [kernel, kernel, 2, 3]);
    const y = conv2dTranspose(
      tf,
      tensor(tf, [2, size, size, 3], 1) as Tensor4D,
      tensor(tf, [kernel, kernel, 2, 3], 2) as Tensor4D,
      { stride },
    );
    const expected = new Array<number>(2 * out * out * 2).fill(0);
    for (let n = 0; n < 2; n++)
      for (let h = 0; h < size; h++)
        for (let w = 0; w < size; w++)
          for (let i = 0; i < kernel; i++)
            for (let j = 0; j < kernel; j++) {
              const [oh, ow] = [h * stride + i - before, w * stride + j - before];
              if (oh < 0 || ow < 0 || oh >= out || ow >= out) continue;
              for (let k = 0; k < 2; k++)
                for (let c = 0; c < 3; c++) {
                  const at = ((n * out + oh) * out + ow) * 2 + k;
                  expected[at] = (expected[at] ?? 0) + x(n, h, w, c) * f(i, j, k, c);
                }
            }
    close(y.dataSync(), expected);
  });

  it("activations are what their names say", () => {
    const { tf } = engine;
    const x = [-2, -0.5, 0, 0.5, 2];
    const of = (name: Parameters<typeof activate>[2]): ArrayLike<number> =>
      activate(tf, tf.tensor1d(x), name).dataSync();
    close(of("linear"), x);
    close(of("relu"), [0, 0, 0, 0.5, 2]);
    close(of("leakyRelu"), [-0.4, -0.1, 0, 0.5, 2]);
    close(
      of("sigmoid"),
      x.map(v => 1 / (1 + Math.exp(-v))),
    );
    close(of("tanh"), x.map(Math.tanh));
  });
});
