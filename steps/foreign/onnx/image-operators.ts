/** ONNX operators on images [N, C, H, W]: convolution, pooling, normalisation, change of size. */
import type { Tensor, Tensor4D, TensorFlow } from "../../engine/types.js";
import { type Call, image, plain, shapeOf } from "../call.js";
import type { Operator } from "../call.js";
import { resize } from "./resize.js";

/** Zeros or other values beyond the edges, or, where negative, what is cut off. */
interface Sides {
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
}

export const images: Readonly<Record<string, Operator>> = {
  Conv: call => {
    const x = call.image(0);
    const filter = call.filter(1);
    const [kh, kw] = filter.shape;
    const dilations = pair(call, "dilations", [1, 1]);
    const strides = pair(call, "strides", [1, 1]);
    const reach = [(kh - 1) * dilations[0] + 1, (kw - 1) * dilations[1] + 1] as const;
    const padded = pad(call, x, sides(call, x, reach, strides), 0);
    call.ignore("kernel_shape");
    const y = grouped(call, padded, filter, (input, own) =>
      call.tf.conv2d(input, own, [...strides], "valid", "NHWC", [...dilations]),
    );
    return image(withBias(call, y, 2));
  },

  /**
   * The whole of what the filter reaches, strides (in - 1) + kernel, less the pads, which ONNX counts off the result.
   * `output_padding` gives back rows at the end; beyond the reach they hold the bias alone.
   */
  ConvTranspose: call => {
    const x = call.image(0);
    const filter = call.filter(1);
    const [kh, kw, out] = filter.shape;
    const strides = pair(call, "strides", [1, 1]);
    call.only("dilations", [1, 1]);
    call.only("auto_pad", "NOTSET");
    if (call.attribute("output_shape") !== undefined)
      throw new Error("its attribute 'output_shape' is not supported");
    call.ignore("kernel_shape");
    const extra = pair(call, "output_padding", [0, 0]);
    const [top = 0, left = 0, bottom = 0, right = 0] = call.ints("pads", [0, 0, 0, 0]);
    const [n, h, w] = x.shape;
    const full = [(h - 1) * strides[0] + kh, (w - 1) * strides[1] + kw] as const;
    call.limit([n, full[0] + extra[0], full[1] + extra[1], out]);
    const y = grouped(call, x, filter, (input, own) =>
      call.tf.conv2dTranspose(input, own, [n, ...full, own.shape[2]], [...strides], "valid"),
    );
    const cut = {
      before: [-top, -left],
      after: [extra[0] - bottom, extra[1] - right],
    } as const;
    return image(withBias(call, pad(call, y, cut, 0), 2));
  },

  MaxPool: pool((tf, x, size, strides) => tf.maxPool(x, size, strides, "valid"), -Infinity),
  AveragePool: pool((tf, x, size, strides) => tf.avgPool(x, size, strides, "valid"), 0),
  GlobalAveragePool: call => image(call.tf.mean(call.image(0), [1, 2], true)),
  GlobalMaxPool: call => image(call.tf.max(call.image(0), [1, 2], true)),

  /** (x - mean) / sqrt(variance + epsilon) * scale + bias, with the statistics of the training (Ioffe & Szegedy 2015). */
  BatchNormalization: call => {
    const { tf } = call;
    call.ignore("momentum");
    call.only("training_mode", 0);
    call.only("spatial", 1);
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map(i => call.tensor(i)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const gain = tf.mul(scale, tf.rsqrt(tf.add(variance, call.float("epsilon", 1e-5))));
    const shift = tf.sub(bias, tf.mul(mean, gain));
    return perChannel(call, (x, channels) => tf.add(tf.mul(x, channels(gain)), channels(shift)));
  },

  /** The same with the mean and variance of each image's each channel (Ulyanov et al. 2016). */
  InstanceNormalization: call => {
    const { tf } = call;
    const [scale, bias] = [call.tensor(1), call.tensor(2)];
    const epsilon = call.float("epsilon", 1e-5);
    return perChannel(call, (x, channels, axes) => {
      const centred = tf.sub(x, tf.mean(x, axes, true));
      const variance = tf.mean(tf.square(centred), axes, true);
      const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
      return tf.add(tf.mul(normal, channels(scale)), channels(bias));
    });
  },

  /**
   * With the mean and variance of each image's each group of channels (Wu & He 2018). Scale and bias: one a channel; up
   * to version 20 of the operators, one a group.
   */
  GroupNormalization: call => {
    const { tf } = call;
    const x = call.tensor(0);
    const [n = 0, c = 0, ...rest] = x.shape;
    const groups = call.int("num_groups");
    call.only("stash_type", 1);
    if (x.shape.length < 3 || groups < 1 || c % groups !== 0)
      throw new Error(`it takes [${x.shape.join(", ")}] in ${groups} groups of channels`);
    const parts = tf.reshape(x, [n, groups, x.size / n / groups]);
    const centred = tf.sub(parts, tf.mean(parts, 2, true));
    const variance = tf.mean(tf.square(centred), 2, true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, call.float("epsilon", 1e-5))));
    const [scale, bias] = [call.tensor(1), call.tensor(2)];
    const ones = rest.map(() => 1);
    if (call.opset >= 21 || (scale.size === c && c !== groups)) {
      const shaped = tf.reshape(normal, x.shape);
      return plain(tf.add(tf.mul(shaped, tf.reshape(scale, [c, ...ones])), tf.reshape(bias, [c, ...ones])));
    }
    const scaled = tf.add(tf.mul(normal, tf.reshape(scale, [groups, 1])), tf.reshape(bias, [groups, 1]));
    return plain(tf.reshape(scaled, x.shape));
  },

  Resize: resize,
  Upsample: resize,

  /** [N, C b b, H, W] -> [N, C, b H, b W]: pixel shuffling (Shi et al. 2016). */
  DepthToSpace: call => {
    const { tf } = call;
    const b = call.int("blocksize");
    const x = call.image(0);
    const [n, h, w, c] = x.shape;
    if (b < 1 || c % (b * b) !== 0) throw new Error(`${c} channels are no blocks of ${b} x ${b}`);
    const mode = call.text("mode", "DCR");
    if (mode !== "DCR" && mode !== "CRD") throw new Error(`its mode '${mode}' is unknown`);
    const deep = c / (b * b);
    const parts =
      mode === "DCR"
        ? tf.reshape(x, [n, h, w, b * b, deep])
        : tf.transpose(tf.reshape(x, [n, h, w, deep, b * b]), [0, 1, 2, 4, 3]);
    const blocks = tf.transpose(tf.reshape(parts, [n * h, w, b, b * deep]), [0, 2, 1, 3]);
    return image(tf.reshape(blocks, [n, h * b, w * b, deep]));
  },
};

/** y = f(x) with one number a channel: the last axis of an image, the second of anything else. */
function perChannel(
  call: Call,
  f: (x: Tensor, channels: (vector: Tensor) => Tensor, axes: number[]) => Tensor,
): ReturnType<Operator> {
  const { length: rank, 1: size = 0 } = shapeOf(call.value(0));
  if (rank < 2) throw new Error(`it takes [N, C, ...], its input has ${rank} axes`);
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + (rank === 4 ? 1 : 2));
  if (rank === 4) return image(f(call.image(0), vector => vector, axes));
  const shape = [size, ...axes.map(() => 1)];
  return plain(f(call.tensor(0), vector => call.tf.reshape(vector, shape), axes));
}

function withBias(call: Call, y: Tensor, i: number): Tensor {
  return call.has(i) ? call.tf.add(y, call.tensor(i)) : y;
}

/** Convolves each of the groups of channels by itself. */
function grouped(
  call: Call,
  x: Tensor4D,
  filter: Tensor4D,
  convolve: (x: Tensor4D, filter: Tensor4D) => Tensor4D,
): Tensor4D {
  const { tf } = call;
  const groups = call.int("group", 1);
  const transpose = call.node.op === "ConvTranspose";
  // Groups follow each other along the filter's last axis: outputs of a convolution, inputs of a transposed one.
  const [wanted, given] = transpose ? [filter.shape[3], x.shape[3]] : [filter.shape[2] * groups, x.shape[3]];
  if (wanted !== given || groups < 1 || filter.shape[3] % groups !== 0)
    throw new Error(`its weights take ${wanted} channels, its input has ${given}, in ${groups} groups`);
  if (groups === 1) return convolve(x, filter);
  const inputs = tf.split<Tensor4D>(x, groups, 3);
  const filters = tf.split<Tensor4D>(filter, groups, 3);
  return tf.concat(
    inputs.map((input, i) => convolve(input, filters[i] ?? filter)),
    3,
  );
}

function pool(
  f: (tf: TensorFlow, x: Tensor4D, size: [number, number], strides: [number, number]) => Tensor4D,
  beyond: number,
): Operator {
  return call => {
    const x = call.image(0);
    const size = pair(call, "kernel_shape");
    const strides = pair(call, "strides", [1, 1]);
    call.only("ceil_mode", 0);
    call.only("dilations", [1, 1]);
    call.only("storage_order", 0);
    const around = sides(call, x, size, strides);
    const padded = [...around.before, ...around.after].some(n => n !== 0);
    if (beyond === 0 && padded && !call.flag("count_include_pad"))
      throw new Error("padding that does not count into the average is not supported");
    call.ignore("count_include_pad");
    // The lowest number there is: infinite ones become NaN in some engines.
    return image(f(call.tf, pad(call, x, around, Math.max(beyond, -3.4e38)), [...size], [...strides]));
  };
}

/** `pads` or what `auto_pad` stands for. */
function sides(
  call: Call,
  x: Tensor4D,
  reach: readonly [number, number],
  strides: readonly [number, number],
): Sides {
  const mode = call.text("auto_pad", "NOTSET");
  const [top = 0, left = 0, bottom = 0, right = 0] = call.ints("pads", [0, 0, 0, 0]);
  if (mode === "NOTSET") return { before: [top, left], after: [bottom, right] };
  if (mode === "VALID") return { before: [0, 0], after: [0, 0] };
  if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") throw new Error(`its auto_pad '${mode}' is unknown`);
  const total = ([0, 1] as const).map(axis => {
    const size = x.shape[axis + 1] ?? 0;
    return Math.max(0, (Math.ceil(size / strides[axis]) - 1) * strides[axis] + reach[axis] - size);
  });
  const less = total.map(n => Math.floor(n / 2)) as [number, number];
  const more = total.map(n => Math.ceil(n / 2)) as [number, number];
  return mode === "SAME_UPPER" ? { before: less, after: more } : { before: more, after: less };
}

/** Adds rows and columns of `value`, or cuts them off where the number is negative. */
function pad(call: Call, x: Tensor4D, { before, after }: Sides, value: number): Tensor4D {
  const { tf } = call;
  const [n, h, w, c] = x.shape;
  const grow = (k: number): number => Math.max(0, k);
  const [top, left, bottom, right] = [...before, ...after].map(grow) as [number, number, number, number];
  const size = [h + before[0] + after[0], w + before[1] + after[1]] as const;
  if (size.some(side => side < 1)) throw new Error(`nothing is left of ${h} x ${w} pixels`);
  call.limit([n, h + top + bottom, w + left + right, c]);
  const padded =
    top + left + bottom + right === 0
      ? x
      : tf.pad(
          x,
          [
            [0, 0],
            [top, bottom],
            [left, right],
            [0, 0],
          ],
          value,
        );
  if (padded.shape[1] === size[0] && padded.shape[2] === size[1]) return padded;
  return tf.slice(padded, [0, grow(-before[0]), grow(-before[1]), 0], [n, ...size, c]);
}

function pair(call: Call, name: string, fallback?: readonly [number, number]): readonly [number, number] {
  const [a, b, ...more] = call.ints(name, fallback);
  if (a === undefined || b === undefined || more.length > 0)
    throw new Error(`its attribute '${name}' must be two numbers: images have two axes`);
  return [a, b];
}
