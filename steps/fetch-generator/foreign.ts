import type { StepContext } from "../../runner/step-api.js";
import { openEngine } from "../engine/index.js";
import { sha256 } from "../lib/digest.js";
import type { AnyCard, ForeignModel, ImageLayout } from "../lib/generator-card.js";
import { graphNetwork, rangeOf, readGraph, type TensorGraph } from "../lib/graph/index.js";
import { type Generator, openGenerator } from "../lib/generator.js";
import { placeOf, type ModelFiles } from "./format.js";
import type { FetchGeneratorOptions } from "./options.js";
import { outputShape, tryOut } from "./trial.js";

type Foreign = Exclude<ModelFiles, { readonly format: "vistas" }>;

/**
 * The card of a foreign model: what the options say, else what the model says. The model is run on a few latents, and
 * refused unless images come out of it. Throws an Error that names the file, what is wrong and what to do.
 */
export async function describe(
  { format, main, more }: Foreign,
  options: FetchGeneratorOptions,
  ctx: Pick<StepContext, "log" | "device">,
): Promise<{ readonly card: AnyCard; readonly generator: Generator }> {
  const all = [main, ...more];
  const files = all.map(({ name, bytes }) => ({ path: name, sha256: sha256(bytes) }));
  const bytes = new Map(all.map(file => [file.name, file.bytes]));
  const wanted = options.output === undefined ? {} : { output: options.output };
  const graph = readGraph({ format, files, ...wanted }, bytes, "");
  const engine = await openEngine({ backend: "wasm", cpus: Math.max(1, ctx.device.cpus) });
  try {
    const dim = latentDim(graph, options.latent?.dim);
    const made = outputShape(engine.tf, graph, dim);
    const range = options.image?.range ?? rangeOf(graph);
    if (range === undefined)
      throw new Error(
        "it ends in neither tanh nor a sigmoid, so its values' range has to be told: image: { range: [-1, 1] } " +
          "(the values of black and white)",
      );
    if (range[0] >= range[1]) throw new Error(`image.range is [${range.join(", ")}]; it must rise`);
    const layout = options.image?.layout ?? layoutOf(made, format);
    const shape = options.image?.shape ?? imageShape(made, layout);
    const model: ForeignModel = {
      ...{ format, output: graph.output, layout },
      files: all.map(file => ({ path: placeOf(file), sha256: sha256(file.bytes) })),
    };
    const card: AnyCard = {
      family: format,
      latent: { dim, prior: options.latent?.prior ?? "normal" },
      image: { shape, range: [range[0], range[1]] },
      ...{ model, recipe: {}, provenance: {} },
    };
    const network = graphNetwork(graph, shape, layout);
    const generator = openGenerator({ card, network, digest: "" });
    const seen = await tryOut(engine.tf, generator, network, made);
    if (seen.low < range[0] - 0.01 || seen.high > range[1] + 0.01)
      ctx.log(
        `values from ${seen.low.toFixed(2)} to ${seen.high.toFixed(2)} were seen; those beyond [${range.join(", ")}] are cut off`,
      );
    return { card, generator };
  } catch (error) {
    throw new Error(`${main.name}: ${(error as Error).message}`, { cause: error });
  } finally {
    engine.dispose();
  }
}

function latentDim({ input }: TensorGraph, told: number | undefined): number {
  const sizes = input.shape.slice(1);
  const [open] = sizes.filter(size => size < 0);
  const dim = open === undefined ? sizes.reduce((product, size) => product * size, 1) : told;
  if (dim === undefined)
    throw new Error(`the size of its input '${input.name}' is open; say it: latent: { dim: 128 }`);
  if (told !== undefined && told !== dim)
    throw new Error(`latent.dim is ${told}, but the model takes ${dim} numbers`);
  return dim;
}

/** Told by the axis that has 1 or 3 places, if one alone has. */
function layoutOf(made: readonly number[], format: ForeignModel["format"]): ImageLayout {
  const isColour = (size: number | undefined): boolean => size === 1 || size === 3;
  const custom = format === "onnx" ? "channels-first" : "channels-last";
  if (made.length !== 4 || isColour(made[1]) === isColour(made[3])) return custom;
  return isColour(made[1]) ? "channels-first" : "channels-last";
}

function imageShape(made: readonly number[], layout: ImageLayout): readonly [number, number, number] {
  const [, a = 0, b = 0, c = 0] = made;
  if (made.length === 3) return [a, b, 1];
  if (made.length !== 4)
    throw new Error(
      `its output is [N, ${made.slice(1).join(", ")}], which does not tell the image's shape; ` +
        "say it: image: { shape: [height, width, channels] }",
    );
  return layout === "channels-first" ? [b, c, a] : [a, b, c];
}
