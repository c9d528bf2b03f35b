import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graphNetwork, rangeOf, readGraph } from "../../../steps/lib/graph/index.js";
import { parseNpy } from "../../../steps/lib/npy.js";
import type { Engine, Tensor2D } from "../../../steps/engine/index.js";
import type { ForeignFormat } from "../../../steps/lib/generator-card.js";
import { type Check, demand } from "./check.js";

const FIXTURES = join(import.meta.dirname, "../../../../test/fixtures/generators");
const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name));

/** Models of other programs, compiled, make the images that these made of the same latents. */
export const foreign: readonly Check[] = [
  ...["dcgan", "mixed", "fixed"].map(name => ({
    name: `${name} makes PyTorch's images`,
    run: (engine: Engine) => compare(engine, name, "onnx", [`${name}.onnx`]),
  })),
  {
    name: "graph makes Keras's images",
    run: engine => compare(engine, "graph", "tensorflowjs", ["graph.model.json", "graph.weights.bin"]),
  },
];

const LAYOUTS = { onnx: "channels-first", tensorflowjs: "channels-last" } as const;

async function compare(
  engine: Engine,
  name: string,
  format: ForeignFormat,
  paths: readonly string[],
): Promise<void> {
  const { tf } = engine;
  const latents = parseNpy(fixture(`${name}.latents.npy`), name);
  const expected = parseNpy(fixture(`${name}.images.npy`), name);
  const files = paths.map(path => ({ path, sha256: "" }));
  const graph = readGraph({ format, files }, new Map(paths.map(path => [path, fixture(path)])), "");
  const [, height = 0, width = 0, channels = 0] = expected.shape;
  const [low, high] = rangeOf(graph) ?? [0, 1];
  const network = graphNetwork(graph, [height, width, channels], LAYOUTS[format]);
  const program = engine.program((weights, { z }) => {
    const images = network.run(tf, weights, z as Tensor2D);
    return { outputs: { images: tf.div(tf.sub(images, low), high - low) } };
  }, network.weights);
  const z = { shape: latents.shape, data: Float32Array.from(latents.data as Float32Array) };
  const { images } = await program.run({ z });
  demand(program.how.startsWith("compiled"), program.how);
  program.dispose();
  demand(images?.data.length === expected.data.length, `shape [${images?.shape.join() ?? ""}]`);
  const differences = Array.from(images?.data ?? [], (value, i) =>
    Math.abs(value - Number(expected.data[i])),
  );
  const worst = Math.max(...differences);
  demand(worst < 1e-4, `an image differs by ${worst}`);
}
