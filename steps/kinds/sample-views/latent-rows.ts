import { drawLatent, type LatentLaw, transformLatent } from "../../nn/latents.js";
import type { Sampler } from "./sampler.js";

/**
 * Writes z of each view from anchor `first` on, one more at each call: the anchor's own, then T_z of it, then the next
 * anchor's. Each anchor's draws are its own and go on from view to view.
 */
export function latentRows({ generator, ctx }: Sampler, first: number): (out: Float32Array) => void {
  const { prior: wanted, truncation, transform, views } = ctx.with;
  const prior = wanted === "model" ? generator.prior : wanted;
  const { latentDim: dim, priorRange } = generator;
  const law: LatentLaw = { dim, prior, truncation, ...(priorRange && { range: priorRange }) };
  const [anchors, transforms] = [ctx.random("anchor"), ctx.random("transform")];
  const anchor = new Float32Array(law.dim);
  let draws = transforms.at(first);
  let row = 0;
  return out => {
    if (row % views === 0) {
      const number = first + row / views;
      drawLatent(law, anchors.at(number), anchor);
      draws = transforms.at(number);
      out.set(anchor);
    } else transformLatent(law, transform, anchor, draws, out);
    row++;
  };
}
