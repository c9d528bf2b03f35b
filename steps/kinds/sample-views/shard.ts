import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { labelArray } from "../../artifacts/images.js";
import { createNpy, writeNpy } from "../../formats/npy.js";
import { anchorLabels } from "./anchor-labels.js";
import { latentRows } from "./latent-rows.js";
import { drawBatches } from "./drawn-batches.js";
import { finisher } from "./finish.js";
import type { Sampler } from "./sampler.js";

/**
 * Makes the views of anchors `first` to `first + count`: a folder of views.npy uint8 [count, V, H, W, C],
 * latents.npy float32 [count, V, z] and, where the generator has classes, y.npy uint8 [count]. Each anchor's bytes are a pure function of seed and anchor number, whatever the
 * shard: its draws are its own, and G sees it at the same place of a batch of the same size (see `drawBatches`).
 * A shard is never in memory, only the batch that the engine computes and the one before it.
 */
export async function writeShard(
  sampler: Sampler,
  folder: string,
  first: number,
  count: number,
): Promise<void> {
  const { ctx, generator } = sampler;
  await mkdir(folder, { recursive: true });
  const lead = [count, ctx.with.views];
  const latents = await createNpy(join(folder, "latents.npy"), "f4", [...lead, generator.latentDim]);
  const views = await createNpy(join(folder, "views.npy"), "u1", [...lead, ...generator.imageShape]);
  const labels = anchorLabels(sampler, first, count);
  const { classes } = generator;
  if (classes.length > 0) await writeNpy(join(folder, "y.npy"), labelArray(labels, classes.length));
  const finish = finisher(sampler, first);
  let done = 0;
  for await (const batch of drawBatches(sampler, latentRows(sampler, first), labels, first)) {
    await latents.write(batch.latents);
    await views.write(finish(batch.images));
    done += batch.rows;
    sampler.progress(done);
  }
  await latents.close();
  await views.close();
}
