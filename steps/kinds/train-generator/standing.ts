import type { Device } from "../../../runner/step-api.js";
import { openEngine, type ProgramArray, type ProgramArrays, type Tensor } from "../../engine/index.js";
import type { ModelSpec } from "../../nn/model.js";
import { trainForward } from "../../nn/net.js";
import { type Latents, latentRows } from "./latent-noise.js";

/**
 * Batch norm's statistics for inference, measured anew on latents of the prior: averaged weights never saw a batch of
 * their own ("standing statistics", Brock et al., "Large Scale GAN Training", ICLR 2019, appendix B). With them an
 * image depends on its latent alone. `weights` are the generator's, statistics among them, whose values do not
 * matter; returned are the measured ones, means over `batches` batches of `size`, by name.
 */
export async function standingStatistics(
  device: Device,
  spec: ModelSpec,
  weights: ProgramArrays,
  latents: Latents,
): Promise<ProgramArrays> {
  const engine = await openEngine(device);
  try {
    const program = engine.program((state, { z }) => {
      const { running } = trainForward(engine.tf, spec, state, z as Tensor, "", 1);
      return { outputs: running };
    }, weights);
    const sums = new Map<string, Float64Array>();
    for (let batch = 0; batch < batches; batch++) {
      const measured = await program.run({ z: latentRows(latents, batch * size, size) });
      for (const [name, { data }] of Object.entries(measured)) {
        const sum = sums.get(name) ?? new Float64Array(data.length);
        for (const [i, value] of data.entries()) sum[i] = (sum[i] ?? 0) + value / batches;
        sums.set(name, sum);
      }
    }
    const means = [...sums].map(([name, sum]): [string, ProgramArray] => [
      name,
      { shape: [sum.length], data: Float32Array.from(sum) },
    ]);
    return Object.fromEntries(means);
  } finally {
    engine.dispose();
  }
}

const batches = 16;
const size = 256;
