import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graphNetwork, rangeOf, readGraph } from "../../../steps/foreign/index.js";
import { parseNpy } from "../../../steps/formats/npy.js";
import type { Engine } from "../../../steps/engine/index.js";
import { openGenerator } from "../../../steps/artifacts/generator.js";
import type { ForeignFormat, ForeignModel } from "../../../steps/foreign/foreign-model.js";
import type { GeneratorCard } from "../../../steps/artifacts/generator-card.js";
import { generatorProgram } from "../../../steps/artifacts/generator-program.js";
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
  const latents = parseNpy(fixture(`${name}.latents.npy`), name);
  const expected = parseNpy(fixture(`${name}.images.npy`), name);
  const files = paths.map(path => ({ path, sha256: "" }));
  const bytes = new Map(paths.map(path => [path, fixture(path)]));
  const graph = readGraph({ format, files }, bytes, "");
  const [, height = 0, width = 0, channels = 0] = expected.shape;
  const [input] = graph.inputs;
  const card: GeneratorCard<ForeignModel> = {
    family: format,
    latent: { dim: latents.shape[1] ?? 0, prior: "normal" },
    image: { shape: [height, width, channels], range: rangeOf(graph)?.range ?? [0, 1] },
    model: {
      ...{ format, files, output: graph.output, layout: LAYOUTS[format] },
      inputs: { latent: input?.name ?? "", constants: {} },
      batch: Math.max(0, input?.shape[0] ?? 0),
    },
    ...{ recipe: {}, provenance: {} },
  };
  const generator = openGenerator({ card, network: graphNetwork(graph, card, bytes), digest: "" });
  // As the file stands, and by the table of operators, which must then be compiled.
  const table = { ...engine };
  delete table.openModel;
  for (const way of format === "onnx" ? [engine, table] : [table]) {
    const program = generatorProgram(way, generator);
    const z = { shape: latents.shape, data: Float32Array.from(latents.data as Float32Array) };
    const { images } = await program.run({ z });
    demand(/^(compiled|by onnxruntime)/.test(program.how), program.how);
    program.dispose();
    demand(images.data.length === expected.data.length, `shape [${images.shape.join()}]`);
    const differences = Array.from(images.data, (value, i) => Math.abs(value - Number(expected.data[i])));
    const worst = Math.max(...differences);
    demand(worst < 1e-4, `an image differs by ${worst}, ${program.how}`);
  }
}
