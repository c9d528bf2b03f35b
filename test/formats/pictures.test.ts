import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { decodePicture } from "../../steps/formats/pictures/decode.js";
import { resize, withChannels } from "../../steps/formats/pictures/resample.js";
import type { Image } from "../../steps/formats/pictures/picture.js";
import { fixture, fixtureJson } from "../rig/fixtures.js";

interface Pixels {
  readonly shape: [number, number, number];
  readonly data: number[];
}
const expected = fixtureJson("pictures/expected.json") as {
  readonly decoded: Readonly<Record<string, Pixels>>;
  readonly resized: Readonly<Record<string, Pixels>>;
  readonly grey: Pixels;
};
const bytesOf = (name: string): Buffer => readFileSync(fixture(`pictures/${name}`));
const plain = ({ shape, data }: Image): Pixels => ({ shape: [...shape], data: [...data] });

describe("pictures", () => {
  it.each(Object.keys(expected.decoded))("%s has the pixels that Pillow reads", async name => {
    expect(plain(await decodePicture(bytesOf(name), name))).toEqual(expected.decoded[name]);
  });

  it.each(["alpha.png", "grey-alpha.png", "key-grey.png", "palette-alpha.png", "alpha.webp"])(
    "%s: its transparency is told",
    async name => {
      expect(await decodePicture(bytesOf(name), name)).toMatchObject({ transparent: true, turned: false });
    },
  );

  it("16 bits become 8, the nearest", async () => {
    const png = new PNG({ width: 4, height: 1 });
    const samples = Uint16Array.of(0, 128 * 257, 255 * 257 - 100, 65535);
    png.data = Buffer.from(samples.buffer);
    const options = { bitDepth: 16, colorType: 0, inputColorType: 0, inputHasAlpha: false } as const;
    const { data } = await decodePicture(PNG.sync.write(png, options), "x.png");
    expect([...data]).toEqual([0, 128, 255, 255]);
  });

  it.each([
    ["cmyk.jpg", "a JPEG of 4 components (CMYK) is not read; convert it to RGB"],
    ["animated.webp", "an animated WebP is many pictures"],
    ["animated.png", "an animated PNG is many pictures"],
    ["colour.gif", "is a GIF picture, which is not read: convert it to PNG"],
    ["colour.tiff", "is a TIFF picture, which is not read: convert it to PNG"],
    ["make.py", "is no picture that can be read"],
  ])("%s is refused by name", async (name, message) => {
    await expect(decodePicture(bytesOf(name), name)).rejects.toThrow(name);
    await expect(decodePicture(bytesOf(name), name)).rejects.toThrow(message);
  });

  it.each([
    "colour.jpg",
    "progressive.jpg",
    "lossy.webp",
    "lossless.webp",
    "colour.bmp",
    "palette.bmp",
    "colour.png",
  ])("%s cut short is damaged, wherever it is cut: nothing is made up", async name => {
    const whole = bytesOf(name);
    // The last bytes mark the end, and hold no pixel.
    const last = name.endsWith("g") ? whole.length - 13 : whole.length - 3;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: last }), async length => {
        await expect(decodePicture(whole.subarray(0, length), name)).rejects.toThrow(name);
      }),
      { numRuns: 40 },
    );
  });

  it("of more pixels than may be read are refused by their header", async () => {
    for (const name of ["colour.png", "colour.jpg", "lossy.webp", "lossless.webp", "colour.bmp"])
      await expect(decodePicture(bytesOf(name), name, 44)).rejects.toThrow("pixels are more than 44");
  });
});

describe("resampling", () => {
  const colour = async (): Promise<Image> => decodePicture(bytesOf("colour.png"), "x");

  it.each(Object.keys(expected.resized))("to %s gives the pixels of Pillow's BILINEAR", async size => {
    const { shape, data } = expected.resized[size] ?? { shape: [0, 0, 0], data: [] };
    expect(plain(resize(await colour(), [shape[0], shape[1]]))).toEqual({ shape, data });
  });

  it("grey is Pillow's L; colour of grey repeats it", async () => {
    const grey = withChannels(await colour(), 1);
    expect(plain(grey)).toEqual(expected.grey);
    expect(withChannels(withChannels(grey, 3), 1)).toEqual(grey);
  });
});
