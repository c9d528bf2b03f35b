import type { Engine, Program, Tensor2D } from "../engine/index.js";
import type { Generator } from "./generator.js";

/** Makes pictures: each step takes `z`, what `generate` takes, and gives `images` [batch, H, W, C] in [0, 1]. */
export function generatorProgram(engine: Engine, generator: Generator): Program {
  return engine.program(
    (held, { z }) => ({ outputs: { images: generator.generate(engine.tf, held, z as Tensor2D) } }),
    generator.weights,
  );
}
