import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { randomStream } from "../../runner/step-api.js";
import { openEngine } from "../../steps/engine/index.js";
import { sha256 } from "../../steps/lib/digest.js";
import { openGenerator, readGenerator } from "../../steps/lib/generator.js";
import { generatorProgram } from "../../steps/lib/generator-program.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "artifacts/published/generators/fashion-vae");

describe("the published generator", () => {
  it("is what the quickstart asks for, small, and described", () => {
    const pipeline = parse(readFileSync(join(root, "pipelines/quickstart.yaml"), "utf8")) as Quickstart;
    const { sha256: wanted } = pipeline.steps.generator.with;
    expect(Object.keys(wanted).sort()).toEqual(["model.json", "model.safetensors"]);
    const card = readFileSync(join(folder, "README.md"), "utf8");
    for (const [name, digest] of Object.entries(wanted)) {
      expect(sha256(readFileSync(join(folder, name)))).toBe(digest);
      expect(card).toContain(digest);
    }
    expect(readdirSync(folder)).toContain("grid.png");
    expect(statSync(join(folder, "model.safetensors")).size).toBeLessThan(5e6);
  });

  it("makes images of the data's size and brightness", async () => {
    const engine = await openEngine({ backend: "wasm", cpus: 1 });
    const generator = openGenerator(await readGenerator(folder));
    expect(generator.card.recipe).toMatchObject({ updates: 9360, seed: 0 });
    const draws = randomStream(0, "z").at(0);
    const z = Float32Array.from({ length: 200 * 16 }, () => draws.normal());
    const { images } = await generatorProgram(engine, generator).run({ z: { shape: [200, 16], data: z } });
    expect(images?.shape).toEqual([200, 28, 28, 1]);
    const pixels = Array.from(images?.data ?? []);
    // Fashion-MNIST's mean pixel is 0.286.
    expect(pixels.reduce((sum, v) => sum + v / pixels.length, 0)).toBeCloseTo(0.286, 1);
    engine.dispose();
  });
});

interface Quickstart {
  readonly steps: {
    readonly generator: { readonly with: { readonly sha256: Readonly<Record<string, string>> } };
  };
}
