import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Draws, randomStream } from "../../runner/step-api.js";
import { type AugmentOptions, makeAugment } from "../../steps/nn/augment.js";
import { fixtureJson } from "../rig/fixtures.js";

/** Draws whose uniforms are given; whole numbers below n come from the same list. */
function scripted(values: readonly number[]): Draws {
  let i = 0;
  const uniform = (): number => values[i++] ?? 0;
  return {
    uniform,
    uint32: () => Math.floor(uniform() * 2 ** 32),
    normal: () => 0,
    below: n => Math.floor(uniform() * n),
  };
}

function apply(
  options: AugmentOptions,
  image: Uint8Array | Float32Array,
  shape: [number, number, number],
  draws: Draws,
): Float32Array {
  const out = new Float32Array(image.length);
  makeAugment(options, shape)(image, 0, out, 0, draws);
  return out;
}

const stream = randomStream(0, "test");
const shape: [number, number, number] = [4, 6, 1];
const image = Float32Array.from({ length: 24 }, (_, i) => ((i * 7) % 24) / 24);

describe("random resized crop", () => {
  const pillow = fixtureJson("formats/crops.json") as {
    shape: [number, number, number];
    image: number[];
    crops: { box: [number, number, number, number]; values: number[] }[];
  };

  it.each(pillow.crops)(
    "of box $box samples as Pillow does",
    ({ box: [left, top, width, height], values }) => {
      const [h, w] = pillow.shape;
      const ratio = width / height;
      const area = (width * height) / (w * h);
      // Ranges of one point leave the place alone to chance: the draws after scale and ratio.
      const options: AugmentOptions = { crop: { scale: [area, area], ratio: [ratio, ratio] } };
      const place = [left / (w - width + 1), top / (h - height + 1)].map(v => v + 1e-9);
      const out = apply(options, Float32Array.from(pillow.image), pillow.shape, scripted([0, 0, ...place]));
      out.forEach((v, i) => expect(v).toBeCloseTo(values[i] ?? NaN, 5));
    },
  );

  it("takes the share of the area and the aspect ratio that it was told, on average", () => {
    // The image is a ramp along x, so that a crop's width shows in the difference of its ends.
    const size = 64;
    const ramp = Float32Array.from({ length: size * size }, (_, i) => (i % size) / (size - 1));
    const augment = makeAugment({ crop: { scale: [0.25, 0.25], ratio: [1, 1] } }, [size, size, 1]);
    const out = new Float32Array(size * size);
    for (let i = 0; i < 50; i++) {
      augment(ramp, 0, out, 0, stream.at(i));
      expect(((out[size - 1] ?? 0) - (out[0] ?? 0)) * (size - 1)).toBeCloseTo(size / 2 - 1, 3);
    }
  });

  it("falls back to the largest centred crop when no attempt fits", () => {
    const options: AugmentOptions = { crop: { scale: [1, 1], ratio: [4, 4] } };
    // 1 x 4 of a 4 x 4 image: columns 0 to 3 of row 1.
    const square = Float32Array.from({ length: 16 }, (_, i) => i / 16);
    const out = apply(options, square, [4, 4, 1], stream.at(0));
    expect(Array.from(out)).toEqual([4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7].map(v => v / 16));
  });
});

describe("flip, brightness, contrast", () => {
  it("do nothing when they are not asked for", () => {
    expect(apply({}, image, shape, stream.at(0))).toEqual(image);
    expect(apply({ flip: 0, brightness: 0, contrast: 0 }, image, shape, stream.at(0))).toEqual(image);
  });

  it("flip mirrors each row, and twice is nothing", () => {
    const once = apply({ flip: 1 }, image, shape, stream.at(0));
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 6; x++) expect(once[y * 6 + x]).toBe(image[y * 6 + 5 - x]);
    expect(apply({ flip: 1 }, once, shape, stream.at(1))).toEqual(image);
  });

  it("brightness multiplies, clipped to 1", () => {
    const out = apply({ brightness: 0.5 }, image, shape, scripted([0, 1]));
    out.forEach((v, i) => expect(v).toBeCloseTo(Math.min(1, 1.5 * (image[i] ?? 0)), 6));
  });

  it("contrast moves away from the mean grey value, clipped", () => {
    const grey = image.reduce((a, b) => a + b, 0) / 24;
    const out = apply({ contrast: 1 }, image, shape, scripted([0, 1]));
    out.forEach((v, i) =>
      expect(v).toBeCloseTo(Math.min(1, Math.max(0, grey + 2 * ((image[i] ?? 0) - grey))), 6),
    );
    const colour = Float32Array.of(0.1, 0.2, 0.3, 0.5, 0.6, 0.1);
    const luma = (0.299 * 0.6 + 0.587 * 0.8 + 0.114 * 0.4) / 2;
    const half = apply({ contrast: 0.5 }, colour, [1, 2, 3], scripted([0, 0]));
    half.forEach((v, i) => expect(v).toBeCloseTo(luma + 0.5 * ((colour[i] ?? 0) - luma), 6));
  });

  it("jitter is the probability that they happen", () => {
    const options: AugmentOptions = { brightness: 0.5, jitter: 0.8 };
    let changed = 0;
    for (let i = 0; i < 2000; i++) if (apply(options, image, shape, stream.at(i))[3] !== image[3]) changed++;
    // Within four standard errors of 80 %.
    expect(Math.abs(changed / 2000 - 0.8)).toBeLessThan(4 * Math.sqrt((0.8 * 0.2) / 2000));
  });

  it("refuses a range that is upside down", () => {
    expect(() => makeAugment({ crop: { scale: [1, 0.5] } }, shape)).toThrow(
      "[1, 0.5] of the crop is upside down",
    );
  });
});

describe("any T_x", () => {
  const options = fc.record(
    {
      crop: fc.record({ scale: fc.constant([0.2, 1] as const) }),
      flip: fc.constantFrom(0.5, 1),
      brightness: fc.double({ min: 0, max: 1, noNaN: true }),
      contrast: fc.double({ min: 0, max: 1, noNaN: true }),
    },
    { requiredKeys: [] },
  );

  it("is a pure function of image and draws, stays in [0, 1], and takes bytes as it takes floats", () => {
    fc.assert(
      fc.property(options, fc.nat(1000), fc.constantFrom(1, 3), (given, index, channels) => {
        const size: [number, number, number] = [7, 9, channels];
        const bytes = Uint8Array.from({ length: 63 * channels }, (_, i) => (i * 41 + index) % 256);
        const floats = Float32Array.from(bytes, v => v / 255);
        const out = apply(given, bytes, size, stream.at(index));
        expect(apply(given, bytes, size, stream.at(index))).toEqual(out);
        apply(given, floats, size, stream.at(index)).forEach((v, i) =>
          expect(v).toBeCloseTo(out[i] ?? NaN, 5),
        );
        expect(out.every(v => v >= 0 && v <= 1.0000001)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("reads and writes at the offsets it is given, and nowhere else", () => {
    const augment = makeAugment(
      { crop: { scale: [0.2, 1] }, flip: 0.5, brightness: 0.4, contrast: 0.4 },
      shape,
    );
    const alone = new Float32Array(24);
    augment(image, 0, alone, 0, stream.at(3));
    const from = new Float32Array(72).fill(9);
    from.set(image, 24);
    const out = new Float32Array(72).fill(-1);
    augment(from, 24, out, 48, stream.at(3));
    expect(out.subarray(48)).toEqual(alone);
    expect(out.subarray(0, 48).every(v => v === -1)).toBe(true);
  });
});
