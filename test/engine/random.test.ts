/**
 * Random numbers are drawn by the counter-based generator, outside of the engine, and come into each as the same bits: held by
 * what each engine of this machine makes of the same seeds, read back from it.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { writeGenerator } from "../../steps/artifacts/generator.js";
import { tryBackend } from "../../steps/engine/try-backend.js";
import { mlpCard } from "../rig/generator.js";
import { testOrSkip } from "../rig/skip.js";
import { tempFolder } from "../rig/temp.js";
import { useSoftwareVulkan } from "../rig/vulkan.js";
import { shapesFolder } from "../training/data.js";
import { lacking } from "./lacking.js";
import { MARK, type RandomBits } from "./random-bits.js";

useSoftwareVulkan();
const webgpu = await tryBackend("webgpu");
const folder = tempFolder();

async function drawn(backend: string, seed = 0): Promise<RandomBits> {
  const program = fileURLToPath(new URL("./random-bits.js", import.meta.url));
  const { stdout } = await execa(process.execPath, [program, backend, String(seed), folder]);
  const line = stdout.split("\n").find(text => text.startsWith(MARK)) ?? "";
  return JSON.parse(line.slice(MARK.length)) as RandomBits;
}

/** Pixel i is coordinate i mod 4 of z, from [-4, 4] to [0, 1]: exact in any arithmetic, so each bit shows. */
async function writeCopyingGenerator(): Promise<void> {
  const model = {
    layers: [
      { type: "dense", units: 30, bias: false },
      { type: "reshape", shape: [6, 5, 1] },
    ],
  } as const;
  const data = Float32Array.from({ length: 4 * 30 }, (_, i) => (Math.floor(i / 30) === (i % 30) % 4 ? 1 : 0));
  const kernel = { dtype: "f4", shape: [4, 30], data } as const;
  const card = mlpCard({ model, image: { shape: [6, 5, 1], range: [-4, 4] } });
  await writeGenerator(join(folder, "generator"), card, new Map([["layers.0.kernel", kernel]]));
}

describe("the same seeds give the same random numbers", () => {
  let cpu: RandomBits;
  beforeAll(async () => {
    await writeCopyingGenerator();
    await rename(await shapesFolder(60), join(folder, "images"));
    cpu = await drawn("cpu");
  });

  for (const backend of ["tensorflow", "onnx", "webgpu", "wasm"] as const) {
    const reason = lacking(backend, backend === "webgpu" ? webgpu : undefined);
    testOrSkip(`on ${backend} as on cpu: latents, augmented views, weights, batches`, reason, async () => {
      expect(await drawn(backend)).toEqual({ ...cpu, backend });
    });
  }

  it("and other ones others, all of them", async () => {
    const other = await drawn("cpu", 1);
    for (const what of ["latents", "views", "weights", "batches"] as const)
      expect(other[what]).not.toBe(cpu[what]);
  });
});
