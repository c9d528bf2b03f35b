import type { ResizeBilinearAttrs } from "@tensorflow/tfjs-core";
import type { Builder } from "../graph-builder.js";
import type { Lowerings } from "../lowering-call.js";

/** Resizing whole images [N, H, W, C], one axis after the other. */
export const image: Lowerings = {
  ResizeBilinear: call => {
    const { b } = call;
    const x = call.input("images");
    const { alignCorners, halfPixelCenters, size } = call.attributes as ResizeBilinearAttrs;
    return ([2, 1] as const).reduce((images, axis) => {
      const [from, to] = [x.shape[axis] ?? 0, size[axis - 1] ?? 0];
      const scale = scaleOf(from, to, alignCorners);
      const at = places(to, i => Math.max(0, halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i));
      const low = at.map(place => Math.min(from - 1, Math.floor(place)));
      const high = at.map(place => Math.min(from - 1, Math.ceil(place)));
      const share = Float32Array.from(at, (place, i) => place - (low[i] ?? 0));
      const pick = (of: readonly number[]): string =>
        b.op("Gather", [images, b.places(Int32Array.from(of))], { axis });
      const weight = b.constant("float32", axis === 2 ? [to, 1] : [to, 1, 1], share);
      return lerp(b, pick(low), pick(high), weight);
    }, x.name);
  },
  ResizeNearestNeighbor: call => {
    const { b } = call;
    const x = call.input("images");
    const { alignCorners, halfPixelCenters, size } = call.attributes as ResizeBilinearAttrs;
    return ([1, 2] as const).reduce((images, axis) => {
      const [from, to] = [x.shape[axis] ?? 0, size[axis - 1] ?? 0];
      const scale = scaleOf(from, to, alignCorners);
      const nearest = places(to, i => {
        const place = scale * (halfPixelCenters ? i + 0.5 : i);
        return Math.max(0, Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place)));
      });
      return b.op("Gather", [images, b.places(Int32Array.from(nearest))], { axis });
    }, x.name);
  },
};

function scaleOf(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function places(count: number, at: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => at(i));
}

/** `from` where `share` is 0, `to` where it is 1. */
export function lerp(b: Builder, from: string, to: string, share: string): string {
  return b.op("Add", [from, b.op("Mul", [b.op("Sub", [to, from]), share])]);
}
