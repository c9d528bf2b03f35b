/**
 * Convolutions as matrix products over patches, in NHWC throughout: the filter [kh, kw, in, out] is the product's
 * operand as it lies, forward pass and filter gradient share the patches, and nothing is transposed. On a processor this
 * is faster than ONNX's Conv, whose layout is NCHW, and whose gradients would be convolutions of unfortunate shapes.
 */
import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  backend_util,
} from "@tensorflow/tfjs-core";
import type { Builder } from "../graph-builder.js";
import type { Call, Lowerings } from "../lowering-call.js";
import { gatherRows, overlay, patches, inPieces } from "../patches.js";
import { phasesOf, seersOf, seersOfPhase, type Windows, windowsOf } from "../windows.js";

type Image = [number, number, number, number];
type Info = backend_util.Conv2DInfo;

export const convolution: Lowerings = {
  Conv2D: call => {
    const { b, output } = call;
    const [x, filter] = [call.input("x"), call.input("filter")];
    const info = geometry(call, x.shape, filter.shape, (call.attributes as Conv2DAttrs).dilations);
    const matrix = b.op("Reshape", [filter.name, b.ints([depth(info), info.outChannels])]);
    const y = inPieces(b, [x.name], info.batchSize, patchBytes(info), "join", ([piece = ""], batch) => {
      const product = b.op("MatMul", [columns(b, piece, info, batch), matrix]);
      return b.op("Reshape", [product, b.ints([batch, ...output.shape.slice(1)])]);
    });
    return y;
  },
  Conv2DBackpropFilter: call => {
    const { b } = call;
    const [x, dy] = [call.input("x"), call.input("dy")];
    const { filterShape } = call.attributes as Conv2DBackpropFilterAttrs;
    const info = geometry(call, x.shape, filterShape, 1);
    const { outHeight, outWidth, outChannels, batchSize } = info;
    const sum = inPieces(
      b,
      [x.name, dy.name],
      batchSize,
      patchBytes(info),
      "add",
      ([image = "", slope = ""], batch) => {
        const rows = b.op("Reshape", [slope, b.ints([batch * outHeight * outWidth, outChannels])]);
        return b.op("Gemm", [columns(b, image, info, batch), rows], { transA: 1 });
      },
    );
    return b.op("Reshape", [sum, b.ints(filterShape)]);
  },
  Conv2DBackpropInput: call => {
    const { b } = call;
    const [dy, filter] = [call.input("dy"), call.input("filter")];
    const { inputShape } = call.attributes as Conv2DBackpropInputAttrs;
    const info = geometry(call, inputShape, filter.shape, 1);
    // Both ways give the same; the one that moves fewer numbers is taken.
    const scatters = 3 * info.inChannels < info.outChannels;
    const bytes = scatters ? patchBytes(info) : (patchBytes(info) / info.inChannels) * info.outChannels;
    return inPieces(b, [dy.name], info.batchSize, bytes, "join", ([piece = ""], batch) => {
      const pixels = scatters
        ? scattered(b, piece, filter.name, info, batch)
        : gathered(b, piece, filter.name, info, batch);
      return b.op("Reshape", [pixels, b.ints([batch, ...inputShape.slice(1)])]);
    });
  },
};

function geometry(
  call: Call,
  x: readonly number[],
  filter: readonly number[],
  dilations: number | [number, number],
): Info {
  const { strides, pad, dimRoundingMode, dataFormat } = call.attributes as Conv2DAttrs;
  if (dataFormat !== "NHWC") call.refuse("of channels-first images has no compiled form");
  const shapes = [[...x] as Image, [...filter] as Image] as const;
  return call.tf.backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode);
}

/** Numbers that each window takes in. */
function depth({ filterHeight, filterWidth, inChannels }: Info): number {
  return filterHeight * filterWidth * inChannels;
}

/** Of one image. */
function patchBytes(info: Info): number {
  return 4 * info.outHeight * info.outWidth * depth(info);
}

/** One row a window: [batch H' W', kh kw in]. */
function columns(b: Builder, x: string, info: Info, batch: number): string {
  const windows = { ...windowsOf(info), batch };
  return b.op("Reshape", [patches(b, x, windows), b.ints([batch * windows.count, depth(info)])]);
}

/**
 * dx = the patches' gradients dy W', overlaid where windows overlap. Cheap where the image has few channels, as at the
 * end of a generator.
 */
function scattered(b: Builder, dy: string, filter: string, info: Info, batch: number): string {
  const windows: Windows = { ...windowsOf(info), batch };
  const rows = b.op("Reshape", [dy, b.ints([batch * windows.count, info.outChannels])]);
  const matrix = b.op("Reshape", [filter, b.ints([depth(info), info.outChannels])]);
  const product = b.op("Gemm", [rows, matrix], { transB: 1 });
  const cut = b.op("Reshape", [product, b.ints([batch, windows.count * windows.taps, info.inChannels])]);
  return overlay(b, cut, windows);
}

/** dx, phase by phase: the dy of the windows that look at a pixel, side by side, times their taps of the filter. */
function gathered(b: Builder, dy: string, filter: string, info: Info, batch: number): string {
  const windows: Windows = { ...windowsOf(info), batch };
  const { inChannels: c, outChannels: k } = info;
  const seers = seersOf(windows);
  const phases = phasesOf(info);
  const seeing = phases.filter(({ taps }) => taps.length > 0);
  const shape = [batch, windows.count, k] as const;
  const rows = b.op("Reshape", [dy, b.ints(shape)]);
  const byTap = b.op("Reshape", [filter, b.ints([windows.taps, c, k])]);
  const parts = seeing.map(phase => {
    const gradients = gatherRows(b, rows, shape, seersOfPhase(phase, seers, windows.taps));
    const deep = phase.taps.length * k;
    const side = b.op("Reshape", [gradients, b.ints([batch * phase.pixels.length, deep])]);
    const taps = b.op("Gather", [byTap, b.places(Int32Array.from(phase.taps))], { axis: 0 });
    const matrix = b.op("Reshape", [b.op("Transpose", [taps], { perm: [0, 2, 1] }), b.ints([deep, c])]);
    const product = b.op("MatMul", [side, matrix]);
    return b.op("Reshape", [product, b.ints([batch, phase.pixels.length, c])]);
  });
  // Pixels in the order of the phases, brought back to their own; pixels that no window saw have gradient 0.
  const order = seeing.flatMap(({ pixels }) => pixels);
  const back = new Int32Array(windows.pixels).fill(-1);
  order.forEach((pixel, i) => (back[pixel] = i));
  const joined = parts.length === 1 ? parts.join("") : b.op("Concat", parts, { axis: 1 });
  return gatherRows(b, joined, [batch, order.length, c], back);
}
