import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { randomStream } from "../../runner/step-api.js";
import { openEngine } from "../../steps/engine/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { openGenerator, readGenerator } from "../../steps/artifacts/generator.js";
import { generatorProgram } from "../../steps/artifacts/generator-program.js";
import { latentRows } from "../../steps/kinds/train-generator/latent-noise.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const published = join(root, "artifacts/published/generators");
const names = readdirSync(published);

describe("the published generators", () => {
  it("are a VAE, a GAN and a class-conditional GAN at least", () => {
    expect(names).toEqual(expect.arrayContaining(["fashion-vae", "fashion-gan", "fashion-cgan"]));
  });

  it.each(names)("%s: is what its checksums say, small, and described", generator => {
    const folder = join(published, generator);
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
    const listed = sums.map(line => line.split("  ") as [string, string]);
    expect(listed.map(([, name]) => name)).toEqual(["grid.png", "model.json", "model.safetensors"]);
    const card = readFileSync(join(folder, "README.md"), "utf8");
    for (const [digest, name] of listed) {
      expect(sha256(readFileSync(join(folder, name)))).toBe(digest);
      if (name !== "grid.png") expect(card).toContain(digest);
    }
    expect(statSync(join(folder, "model.safetensors")).size).toBeLessThan(5e6);
  });

  it.each(names)(
    "%s: makes images of the data's size and brightness, and tells how good they are",
    async name => {
      const engine = await openEngine({ backend: "wasm", cpus: 1 });
      const generator = openGenerator(await readGenerator(join(published, name)));
      expect(generator.card.recipe).toMatchObject({
        frechetDistance: { n: expect.any(Number), fd: expect.any(Number) },
        precisionRecall: { n: 5000, precision: expect.any(Number), recall: expect.any(Number) },
      });
      const classes = generator.classes.length;
      const latents = { dim: generator.latentDim, classes, random: randomStream(0, "z") };
      const { images } = await generatorProgram(engine, generator).run({ z: latentRows(latents, 0, 200) });
      expect(images.shape).toEqual([200, 28, 28, 1]);
      const pixels = Array.from(images.data);
      // Fashion-MNIST's mean pixel is 0.286.
      expect(pixels.reduce((sum, v) => sum + v / pixels.length, 0)).toBeCloseTo(0.286, 1);
      engine.dispose();
    },
  );

  it("are what the quickstart asks for", () => {
    const pipeline = parse(readFileSync(join(root, "pipelines/quickstart.yaml"), "utf8")) as Quickstart;
    const { sha256: wanted } = pipeline.steps.generator.with;
    expect(Object.keys(wanted).sort()).toEqual(["model.json", "model.safetensors"]);
    for (const [name, digest] of Object.entries(wanted))
      expect(sha256(readFileSync(join(published, "fashion-vae", name)))).toBe(digest);
  });
});

interface Quickstart {
  readonly steps: {
    readonly generator: { readonly with: { readonly sha256: Readonly<Record<string, string>> } };
  };
}
