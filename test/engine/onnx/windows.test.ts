import { describe, expect, it } from "@jest/globals";
import { backend_util } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { phasesOf, seersOf, seersOfPhase, windowsOf } from "../../../steps/engine/onnx/windows.js";

const geometry = fc
  .record({
    ...{ h: fc.integer({ min: 1, max: 7 }), w: fc.integer({ min: 1, max: 7 }) },
    ...{ kh: fc.integer({ min: 1, max: 4 }), kw: fc.integer({ min: 1, max: 4 }) },
    ...{ sh: fc.integer({ min: 1, max: 4 }), sw: fc.integer({ min: 1, max: 4 }), same: fc.boolean() },
  })
  .filter(({ same, h, w, kh, kw }) => same || (kh <= h && kw <= w))
  .map(({ h, w, kh, kw, sh, sw, same }) =>
    backend_util.computeConv2DInfo([2, h, w, 3], [kh, kw, 3, 5], [sh, sw], 1, same ? "same" : "valid"),
  );

describe("windows", () => {
  it("of a 3 x 3 image under 2 x 2 with padding", () => {
    const info = backend_util.computeConv2DInfo([1, 3, 3, 1], [2, 2, 1, 1], 2, 1, "same");
    const { seen, count, taps } = windowsOf(info);
    expect([count, taps]).toEqual([4, 4]);
    expect([...seen]).toEqual([0, 1, 3, 4, 2, -1, 5, -1, 6, 7, -1, -1, 8, -1, -1, -1]);
  });

  it("are seen from their pixels too", () => {
    fc.assert(
      fc.property(geometry, info => {
        const windows = windowsOf(info);
        const seers = seersOf(windows);
        expect(seers.filter(window => window >= 0)).toHaveLength(
          windows.seen.filter(pixel => pixel >= 0).length,
        );
        seers.forEach((window, at) => {
          const [pixel, tap] = [Math.floor(at / windows.taps), at % windows.taps];
          if (window >= 0) expect(windows.seen[window * windows.taps + tap]).toBe(pixel);
        });
      }),
      { seed: 1 },
    );
  });

  it("fall into phases: each pixel in one, with all the taps that see it", () => {
    fc.assert(
      fc.property(geometry, info => {
        const windows = windowsOf(info);
        const seers = seersOf(windows);
        const phases = phasesOf(info);
        const pixels = phases.flatMap(phase => phase.pixels);
        const all = Array.from({ length: windows.pixels }, (_, pixel) => pixel);
        expect([...pixels].sort((a, b) => a - b)).toEqual(all);
        const found = phases.flatMap(phase => [...seersOfPhase(phase, seers, windows.taps)]);
        expect(found.filter(window => window >= 0)).toHaveLength(
          windows.seen.filter(pixel => pixel >= 0).length,
        );
      }),
      { seed: 1 },
    );
  });
});
