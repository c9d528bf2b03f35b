import { beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../runner/step-api.js";
import { readJson } from "../../steps/formats/json.js";
import { readNpy } from "../../steps/formats/npy.js";
import { openViews } from "../../steps/artifacts/views.js";
import kind from "../../steps/kinds/sample-views/index.js";
import { contextOf, resolveOptions, runKind } from "../rig/context.js";
import { dcganCard, mlpCard, writeRandomGenerator } from "../rig/generator.js";
import { tempFolder } from "../rig/temp.js";

const augment = { crop: { scale: [0.3, 1] }, flip: 0.5, brightness: 0.4, contrast: 0.4, jitter: 0.8 };
let mlp = "";
let dcgan = "";
beforeAll(async () => {
  mlp = await writeRandomGenerator();
  dcgan = await writeRandomGenerator(dcganCard());
});

async function sample(
  options: JsonObject,
  generator = mlp,
  parts?: string,
  backend = "cpu",
): Promise<string> {
  const inputs = { generator };
  const given = { with: options, inputs, device: { backend } };
  const run = await runKind(kind, parts === undefined ? given : { ...given, parts });
  return run.outputs["views"] ?? "";
}

/** The data of an .npy file, without its header. */
function payload(folder: string, name: string): Buffer {
  const bytes = readFileSync(join(folder, name));
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}

describe("sample-views", () => {
  it("writes views and latents in the shapes it promises, and tells how they were made", async () => {
    const folder = await sample({ anchors: 5, views: 3, augment, seed: 4, truncation: 0.9 });
    const views = await openViews(folder);
    expect([views.anchors, views.views, views.shape]).toEqual([5, 3, [6, 5, 1]]);
    expect((await readNpy(join(folder, "views.npy"))).shape).toEqual([5, 3, 6, 5, 1]);
    expect((await readNpy(join(folder, "latents.npy"))).shape).toEqual([5, 3, 4]);
    const facts = await readJson(join(folder, "views.json"));
    expect(facts).toMatchObject({
      format: 1,
      kind: "views",
      anchors: 5,
      views: 3,
      seed: 4,
      prior: "normal",
      truncation: 0.9,
      transform: { kind: "gaussian", sigma: 0.3, variancePreserving: false },
      augment,
      generator: { family: "vae", latentDim: 4 },
    });
    expect(readFileSync(join(folder, "grid.png")).length).toBeGreaterThan(100);
  });

  it("makes the views that the formulas say: G of each stored latent, in 8 bits", async () => {
    const folder = await sample({ anchors: 3, views: 2, transform: { kind: "none" } });
    const { pick } = await openViews(folder);
    for (let i = 0; i < 3; i++) expect(pick([2 * i])).toEqual(pick([2 * i + 1]));
    const moved = await openViews(await sample({ anchors: 3, views: 2 }));
    expect(moved.pick([0])).toEqual(pick([0]));
    expect(moved.pick([1])).not.toEqual(pick([1]));
  });

  it.each([
    ["a perceptron", "cpu", [700, 64, 33]],
    ["a perceptron", "wasm", [700, 64, 33]],
    ["a DCGAN", "wasm", [700, 100, 33]],
  ])("of %s on %s: shard size changes no byte", async (what, backend, shards) => {
    const generator = what === "a DCGAN" ? dcgan : mlp;
    const runs: string[] = [];
    // 350 x 2 views are more than two batches of the generator, so shards begin in the middle of batches.
    for (const shard of shards)
      runs.push(await sample({ anchors: 350, views: 2, augment, shard }, generator, undefined, backend));
    const [first = "", ...others] = runs;
    for (const other of others)
      for (const name of ["views.npy", "latents.npy", "views.json", "grid.png"])
        expect(readFileSync(join(other, name)).equals(readFileSync(join(first, name)))).toBe(true);
  });

  it("fewer anchors are the first of more, to the byte", async () => {
    const [few, many] = [
      await sample({ anchors: 40, views: 2, augment }),
      await sample({ anchors: 300, views: 2, augment }),
    ];
    for (const name of ["views.npy", "latents.npy"]) {
      const start = payload(few, name);
      expect(payload(many, name).subarray(0, start.length).equals(start)).toBe(true);
    }
  });

  it("the first views stay when more views are asked for", async () => {
    const [two, four] = [await sample({ anchors: 6, views: 2 }), await sample({ anchors: 6, views: 4 })];
    const [a, b] = [payload(two, "latents.npy"), payload(four, "latents.npy")];
    for (let i = 0; i < 6; i++)
      expect(b.subarray(i * 64, i * 64 + 32).equals(a.subarray(i * 32, i * 32 + 32))).toBe(true);
  });

  it("more anchors make only the shards that are new, and another seed makes all", async () => {
    const parts = join(tempFolder(), "parts");
    const given = { inputs: { generator: mlp }, parts };
    const made = async (options: JsonObject): Promise<unknown[]> =>
      (await runKind(kind, { ...given, with: options })).made.map(key => (key as JsonObject)["first"]);
    expect(await made({ anchors: 40, shard: 20 })).toEqual([0, 20]);
    expect(await made({ anchors: 70, shard: 20 })).toEqual([40, 60]);
    expect(await made({ anchors: 40, shard: 20 })).toEqual([]);
    expect(await made({ anchors: 40, shard: 20, seed: 1 })).toEqual([0, 20]);
    expect(await made({ anchors: 40, shard: 20, transform: { sigma: 0.4 } })).toEqual([0, 20]);
  });

  it("of a class-conditional generator: an anchor's views have its class, which is stored", async () => {
    const classes = ["hat", "glove", "sock"];
    const generator = await writeRandomGenerator(mlpCard({ classes }));
    const folder = await sample({ anchors: 300, views: 2, transform: { kind: "none" } }, generator);
    const { labels = new Int32Array(), pick, ...file } = await openViews(folder);
    expect(file.classes).toEqual(classes);
    expect((await readNpy(join(folder, "y.npy"))).dtype).toBe("u1");
    // Uniform: 100 of each, with a standard deviation of 8.
    for (const label of [0, 1, 2])
      expect(Math.abs(labels.filter(own => own === label).length - 100)).toBeLessThan(35);
    for (let i = 0; i < 300; i++) expect(pick([2 * i])).toEqual(pick([2 * i + 1]));

    // The same latents in one class alone: the same pictures where that was their class, others elsewhere.
    const socks = await openViews(
      await sample({ anchors: 300, views: 2, transform: { kind: "none" }, classes: [2] }, generator),
    );
    expect(socks.labels).toEqual(new Int32Array(300).fill(2));
    for (let i = 0; i < 20; i++)
      expect(Buffer.from(socks.pick([2 * i])).equals(pick([2 * i]))).toBe(labels[i] === 2);

    const few = await sample({ anchors: 40, views: 2, shard: 7, transform: { kind: "none" } }, generator);
    for (const name of ["views.npy", "y.npy"]) {
      const start = payload(few, name);
      expect(payload(folder, name).subarray(0, start.length).equals(start)).toBe(true);
    }
    await expect(sample({ anchors: 4, classes: [3] }, generator)).rejects.toThrow(
      "3 is none of this generator's",
    );
    await expect(sample({ anchors: 4, classes: [0] })).rejects.toThrow("not trained on classes");
  });

  it("another seed gives other anchors; the same gives the same", async () => {
    const [a, b, c] = [
      await sample({ anchors: 4 }),
      await sample({ anchors: 4 }),
      await sample({ anchors: 4, seed: 1 }),
    ];
    expect(payload(a, "views.npy").equals(payload(b, "views.npy"))).toBe(true);
    expect(payload(a, "views.npy").equals(payload(c, "views.npy"))).toBe(false);
  });

  it("tells how far it is, up to the last anchor", async () => {
    const run = await runKind(kind, { with: { anchors: 50, shard: 20 }, inputs: { generator: mlp } });
    expect(run.progress.at(-1)).toEqual([50, 50, "anchors"]);
    const done = run.progress.map(([n]) => n);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(run.metrics).toEqual({ anchors: 50, images: 100 });
  });

  it("stops when it is cancelled", async () => {
    const { ctx } = contextOf(kind, {
      with: { anchors: 9 },
      inputs: { generator: mlp },
      signal: AbortSignal.abort(),
    });
    await expect(kind.run(ctx)).rejects.toThrow("aborted");
  });

  it("refuses options that mean nothing", () => {
    for (const options of [
      {},
      { anchors: 0 },
      { anchors: 1, views: 0 },
      { anchors: 1, transform: { kind: "steer" } },
      { anchors: 1, transform: { sigma: -1 } },
      { anchors: 1, truncation: 0 },
      { anchors: 1, augment: { crop: { scale: [0, 1] } } },
      { anchors: 1, augment: { flip: 2 } },
      { anchors: 1, colour: true },
    ])
      expect(() => resolveOptions(kind, options)).toThrow("with");
  });
});
