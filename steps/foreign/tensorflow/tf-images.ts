/** TensorFlow operators on images [N, H, W, C]. */
import type { Tensor, Tensor4D } from "../../engine/types.js";
import { type Call, plain } from "../call.js";
import type { Operator } from "../call.js";
import { fused } from "./tf-fused.js";

export const images: Readonly<Record<string, Operator>> = {
  Conv2D: call => plain(convolved(call)),
  _FusedConv2D: call => plain(fused(call, convolved(call))),
  DepthwiseConv2dNative: call => plain(depthwise(call)),
  FusedDepthwiseConv2dNative: call => plain(fused(call, depthwise(call))),

  /** A transposed convolution: inputs are (size of the result, filter [h, w, out, in], x). */
  Conv2DBackpropInput: call => {
    const [n = 0, h = 0, w = 0, c = 0] = call.numbers(0);
    const { strides, padding } = sliding(call);
    call.only("dilations", [1, 1, 1, 1]);
    const x = pictures(call, 2);
    call.limit([n, h, w, c]);
    return plain(call.tf.conv2dTranspose(x, filter(call, 1), [n, h, w, c], strides, padding));
  },

  BiasAdd: call => {
    call.only("data_format", "NHWC");
    return plain(call.tf.add(call.tensor(0), call.tensor(1)));
  },

  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,

  MaxPool: call => {
    const { size, strides, padding } = window(call);
    return plain(call.tf.maxPool(pictures(call, 0), size, strides, padding));
  },
  AvgPool: call => {
    const { size, strides, padding } = window(call);
    return plain(call.tf.avgPool(pictures(call, 0), size, strides, padding));
  },

  ResizeNearestNeighbor: call => {
    const [x, size, corners, centred] = resized(call);
    return plain(call.tf.image.resizeNearestNeighbor(x, size, corners, centred));
  },
  ResizeBilinear: call => {
    const [x, size, corners, centred] = resized(call);
    return plain(call.tf.image.resizeBilinear(x, size, corners, centred));
  },

  DepthToSpace: call => {
    call.only("data_format", "NHWC");
    return plain(call.tf.depthToSpace(pictures(call, 0), call.int("block_size"), "NHWC"));
  },
};

function convolved(call: Call): Tensor {
  const { strides, padding, dilations } = sliding(call);
  return call.tf.conv2d(pictures(call, 0), filter(call, 1), strides, padding, "NHWC", dilations);
}

function depthwise(call: Call): Tensor {
  const { strides, padding, dilations } = sliding(call);
  return call.tf.depthwiseConv2d(pictures(call, 0), filter(call, 1), strides, padding, "NHWC", dilations);
}

/** With the statistics of the training: (x - mean) / sqrt(variance + epsilon) * gamma + beta. */
function batchNorm(call: Call): ReturnType<Operator> {
  const { tf } = call;
  call.only("data_format", "NHWC");
  call.only("is_training", false);
  call.ignore("exponential_avg_factor");
  const [x, gamma, beta, mean, variance] = [0, 1, 2, 3, 4].map(i => call.tensor(i)) as Five;
  const gain = tf.mul(gamma, tf.rsqrt(tf.add(variance, call.float("epsilon", 1e-4))));
  return plain(tf.add(tf.mul(x, gain), tf.sub(beta, tf.mul(mean, gain))));
}

type Five = [Tensor, Tensor, Tensor, Tensor, Tensor];

interface Sliding {
  readonly strides: [number, number];
  readonly padding: "same" | "valid";
  readonly dilations: [number, number];
}

function sliding(call: Call): Sliding {
  call.only("data_format", "NHWC");
  call.only("explicit_paddings", []);
  call.ignore("use_cudnn_on_gpu");
  return {
    strides: inner(call, "strides"),
    padding: padding(call),
    dilations: inner(call, "dilations", [1, 1, 1, 1]),
  };
}

function window(call: Call): Omit<Sliding, "dilations"> & { readonly size: [number, number] } {
  call.only("data_format", "NHWC");
  call.only("explicit_paddings", []);
  return { size: inner(call, "ksize"), strides: inner(call, "strides"), padding: padding(call) };
}

function resized(call: Call): [Tensor4D, [number, number], boolean, boolean] {
  const x = pictures(call, 0);
  const [height = 0, width = 0] = call.numbers(1);
  call.limit([x.shape[0], height, width, x.shape[3]]);
  return [x, [height, width], call.flag("align_corners"), call.flag("half_pixel_centers")];
}

function padding(call: Call): "same" | "valid" {
  const text = call.text("padding");
  if (text === "SAME") return "same";
  if (text === "VALID") return "valid";
  throw new Error(`its padding '${text}' is not supported`);
}

/** [1, a, b, 1] -> [a, b]. */
function inner(call: Call, name: string, fallback?: readonly number[]): [number, number] {
  const [n, a, b, c] = call.ints(name, fallback);
  if (n !== 1 || c !== 1 || a === undefined || b === undefined)
    throw new Error(`its '${name}' must be [1, height, width, 1]`);
  return [a, b];
}

function pictures(call: Call, i: number): Tensor4D {
  const x = call.tensor(i);
  if (x.shape.length !== 4)
    throw new Error(`it takes images [N, H, W, C], its input has ${x.shape.length} axes`);
  return x as Tensor4D;
}

function filter(call: Call, i: number): Tensor4D {
  const weights = call.tensor(i);
  if (weights.shape.length !== 4) throw new Error(`its weights have ${weights.shape.length} axes, not 4`);
  return weights as Tensor4D;
}
