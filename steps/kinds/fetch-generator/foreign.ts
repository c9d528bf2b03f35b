import type { StepContext } from "../../../runner/step-api.js";
import { type Engine, openEngine } from "../../engine/index.js";
import { elementCount } from "../../formats/arrays.js";
import { sha256 } from "../../formats/digest.js";
import type { AnyCard } from "../../artifacts/generator-card.js";
import type { ForeignModel, ImageLayout } from "../../foreign/foreign-model.js";
import {
  BeyondTable,
  givenInputs,
  modelFile,
  rangeOf,
  type RawNetwork,
  rawNetwork,
  readGraph,
  type TensorGraph,
} from "../../foreign/index.js";
import { placeOf, type ModelFiles } from "./format.js";
import { takenInputs } from "./taken-inputs.js";
import type { FetchGeneratorOptions } from "./fetch-options.js";
import { byOnnxruntime, byTable, firstRows, type RunModel, type Seen, tryOut, worst } from "./trial.js";

type Foreign = Exclude<ModelFiles, { readonly format: "vistas" }>;
type Log = Pick<StepContext, "log">;

/**
 * The card of a foreign model: what the options say, else what the model says. The model is run on a few latents, and
 * refused unless images come out of it. Throws an Error that names the file, what is wrong and what to do.
 * `parameters`: floating-point numbers that the file holds.
 */
export async function describe(
  model: Foreign,
  options: FetchGeneratorOptions,
  ctx: Log & Pick<StepContext, "device">,
): Promise<{ readonly card: AnyCard; readonly parameters: number }> {
  const { format, main, more } = model;
  const all = [main, ...more];
  const files = all.map(({ name, bytes }) => ({ path: name, sha256: sha256(bytes) }));
  const bytes = new Map(all.map(file => [file.name, file.bytes]));
  const wanted = options.output === undefined ? {} : { output: options.output };
  const graph = readGraph({ format, files, ...wanted }, bytes, "");
  const engine = await anEngine(Math.max(1, ctx.device.cpus));
  try {
    const { inputs, dim, classes } = takenInputs(graph, options, line => ctx.log(line));
    const given = givenInputs(graph, inputs, dim, classes.length);
    const known = options.image?.range === undefined ? rangeOf(graph) : undefined;
    const range = options.image?.range ?? known?.range;
    if (range !== undefined && range[0] >= range[1])
      throw new Error(`image.range is [${range.join(", ")}]; it must rise`);
    const network = rawNetwork(graph, given);
    const file = modelFile({ files, output: graph.output, layout: "channels-last" }, given, [1, 1, 1], bytes);
    const batch = Math.max(0, ...graph.inputs.map(({ shape }) => (shape.length > 1 ? (shape[0] ?? 0) : 0)));
    const asked = { dim, classes: classes.length, range };
    const seen = await inEitherWay({ engine, format, network, file }, batch, asked, ctx);
    if (seen.batch === 1 && batch === 0)
      ctx.log("its batch axis is open, but it takes one latent at a time alone; it is run so");
    const made = [1, ...seen.one];
    const layout = options.image?.layout ?? layoutOf(made, format);
    const shape = options.image?.shape ?? imageShape(made, layout);
    checkImage(made, shape);
    const [low, high] = checkedRange(range, known?.clipped ?? false, seen, ctx);
    const card: AnyCard = {
      family: format,
      latent: latentCard(dim, options),
      ...(classes.length > 0 && { classes }),
      image: { shape, range: [low, high] },
      model: {
        ...{ format, output: graph.output, layout, inputs, batch: seen.batch },
        files: all.map(each => ({ path: placeOf(each), sha256: sha256(each.bytes) })),
      },
      ...{ recipe: {}, provenance: {} },
    };
    return { card, parameters: parametersOf(graph) };
  } catch (error) {
    throw new Error(`${main.name}: ${(error as Error).message}`, { cause: error });
  } finally {
    engine.dispose();
  }
}

/** onnxruntime where it works here, because it knows all operators; else wasm, which is always there. */
async function anEngine(cpus: number): Promise<Engine> {
  try {
    return await openEngine({ backend: "onnx", cpus });
  } catch {
    return openEngine({ backend: "wasm", cpus });
  }
}

interface Ways {
  readonly engine: Engine;
  readonly format: ForeignModel["format"];
  readonly network: RawNetwork;
  readonly file: Parameters<typeof byOnnxruntime>[1];
}

/**
 * Tries the model by onnxruntime and by the table of operators, whichever there is, and compares what they make. What
 * comes of it does not depend on the machine: only whether a model can be taken does, and what is logged.
 */
async function inEitherWay(
  { engine, format, network, file }: Ways,
  batch: number,
  asked: { dim: number; classes: number; range: readonly [number, number] | undefined },
  ctx: Log,
): Promise<Seen> {
  const table = byTable(engine, network);
  if (engine.openModel === undefined || format !== "onnx") return tryOut(table, batch, asked);
  let seen: Seen;
  try {
    const runtime = await byOnnxruntime(engine.openModel, file);
    try {
      seen = await tryOut(runtime.run, batch, asked);
    } finally {
      runtime.dispose();
    }
  } catch (refused) {
    // Where the table does not take it either, its reason is the one that names the node.
    const other = await tryOut(table, batch, asked).catch((error: unknown) => {
      throw error instanceof BeyondTable ? bothRefuse(error, refused as Error) : error;
    });
    ctx.log(`onnxruntime does not take it, engines other than onnx do: ${firstLine(refused as Error)}`);
    return other;
  }
  await compare(table, seen, asked, ctx);
  return seen;
}

function bothRefuse({ reason }: BeyondTable, refused: Error): Error {
  return new Error(`${reason}. Nor does onnxruntime take it: ${firstLine(refused)}`, { cause: refused });
}

/** Other engines run the table's operators: says whether they can, and whether they make the same images. */
async function compare(
  table: RunModel,
  { batch, first, low, high }: Seen,
  { dim, classes, range }: { dim: number; classes: number; range: readonly [number, number] | undefined },
  ctx: Log,
): Promise<void> {
  const span = range === undefined ? Math.max(1e-6, high - low) : range[1] - range[0];
  try {
    const made = await table(firstRows(dim, classes, batch), Math.max(1, batch));
    const apart = worst(made.data.subarray(0, first.length), first) / span;
    if (!(apart <= TOLERANCE))
      ctx.log(
        `WARNING: engines other than onnx make other images of it, by up to ${apart.toPrecision(2)} of the range: ` +
          "sample it with --backend onnx",
      );
  } catch (error) {
    const why = error instanceof BeyondTable ? error.reason : (error as Error).message;
    ctx.log(`the engine onnx alone runs it: ${why}`);
  }
}

/** Half a step of 8 bits, of the range of values: what halves computed as single-precision numbers stay below. */
const TOLERANCE = 0.5 / 255;

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0] ?? "";
}

function latentCard(dim: number, { latent = {} }: FetchGeneratorOptions): AnyCard["latent"] {
  const { prior = "normal", range } = latent;
  if (range !== undefined && prior !== "uniform")
    throw new Error("latent.range is for prior: uniform; other priors have no ends to state");
  if (range !== undefined && range[0] >= range[1])
    throw new Error(`latent.range is [${range.join(", ")}]; it must rise`);
  return { dim, prior, ...(prior === "uniform" && { range: range ?? ([-1, 1] as const) }) };
}

function checkedRange(
  range: readonly [number, number] | undefined,
  clipped: boolean,
  { low, high }: Seen,
  ctx: Log,
): readonly [number, number] {
  if (range === undefined)
    throw new Error(
      "it ends in nothing that tells the range of its values (tanh, sigmoid, a clip at [-1, 1], [0, 1] or [0, 255]), so " +
        "it has to be told: image: { range: [-1, 1] } (the values of black and white)",
    );
  if (clipped && range[0] === -1 && low >= 0)
    throw new Error(
      `it is cut off at [-1, 1], but only values from ${low.toFixed(2)} to ${high.toFixed(2)} were seen, as if black were 0; ` +
        "say the values of black and white: image: { range: [0, 1] } or [-1, 1]",
    );
  if (low < range[0] - 0.01 || high > range[1] + 0.01)
    ctx.log(
      `values from ${low.toFixed(2)} to ${high.toFixed(2)} were seen; those beyond [${range.join(", ")}] are cut off`,
    );
  return range;
}

/** Floating-point numbers that the file holds. */
function parametersOf({ constants }: TensorGraph): number {
  return [...constants.values()].reduce(
    (sum, array) => ("type" in array && array.type === "float32" ? sum + array.data.length : sum),
    0,
  );
}

/** Where the channels are: the axis of size 1 or 3, if there is exactly one; else the format's own order. */
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

function checkImage(made: readonly number[], shape: readonly [number, number, number]): void {
  if (elementCount(made) !== elementCount(shape))
    throw new Error(
      `for a latent its output is [${made.slice(1).join(", ")}], which images [${shape.join(", ")}] do not fill`,
    );
  if (shape[2] !== 1 && shape[2] !== 3)
    throw new Error(
      `its output is no image: it would have ${shape[2]} channels, not 1 or 3. If the axes are in another order, ` +
        "say it: image: { layout: channels-first } or channels-last",
    );
}
