import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { drawLatent, type LatentLaw, transformLatent } from "../lib/latents.js";
import { writeNpy } from "../lib/npy.js";
import { makePictures, type Sampler } from "./pictures.js";

/**
 * Makes the views of anchors `first` to `first + count`: a folder of views.npy uint8 [count, V, H, W, C] and
 * latents.npy float32 [count, V, z]. Each anchor's bytes are a pure function of seed and anchor number, whatever the
 * shard: its draws are its own, and G sees it at the same place of a batch of the same size (see `makePictures`).
 */
export async function writeShard(
  sampler: Sampler,
  folder: string,
  first: number,
  count: number,
): Promise<void> {
  const { ctx, generator } = sampler;
  const latents = shardLatents(sampler, first, count);
  const pictures = await makePictures(sampler, latents, first);
  await mkdir(folder, { recursive: true });
  const lead = [count, ctx.with.views];
  await writeNpy(join(folder, "latents.npy"), {
    dtype: "f4",
    shape: [...lead, generator.latentDim],
    data: latents,
  });
  await writeNpy(join(folder, "views.npy"), {
    dtype: "u1",
    shape: [...lead, ...generator.imageShape],
    data: pictures,
  });
}

/** z of each view, [count * V, dim]: the anchor first, then T_z of it. Draws go on from view to view. */
function shardLatents({ generator, ctx }: Sampler, first: number, count: number): Float32Array {
  const options = ctx.with;
  const dim = generator.latentDim;
  const prior = options.prior === "model" ? generator.prior : options.prior;
  const law: LatentLaw = { dim, prior, truncation: options.truncation };
  const anchors = ctx.random("anchor");
  const transforms = ctx.random("transform");
  const out = new Float32Array(count * options.views * dim);
  for (let i = 0; i < count; i++) {
    const row = (v: number): Float32Array =>
      out.subarray((i * options.views + v) * dim, (i * options.views + v + 1) * dim);
    drawLatent(law, anchors.at(first + i), row(0));
    const draws = transforms.at(first + i);
    for (let v = 1; v < options.views; v++) transformLatent(law, options.transform, row(0), draws, row(v));
  }
  return out;
}
