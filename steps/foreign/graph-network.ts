import type { ProgramArrays, ProgramTensors, Tensor, Tensor2D } from "../engine/types.js";
import { elementCount } from "../formats/arrays.js";
import type { ForeignCard, ForeignModel, ImageLayout } from "./foreign-model.js";
import type { TensorFlow } from "../engine/types.js";
import type { ModelFile, Network } from "../nn/network.js";
import { toPlain, type Value } from "./call.js";
import { type GivenInputs, givenInputs, inputArrays, inputTensors } from "./given-inputs.js";
import { interpret } from "./interpret.js";
import { prepare, type PreparedGraph } from "./prepare.js";
import type { TensorGraph } from "./tensor-graph.js";

/** A foreign model, before anything is known of its images. */
export interface RawNetwork {
  /** The table's weights. Throws where the table of operators cannot run the model. */
  readonly weights: ProgramArrays;
  readonly given: GivenInputs;
  /** The output for rows of z, in the model's own order of axes. Call it within `tf.tidy`. */
  output(tf: TensorFlow, weights: ProgramTensors, rows: Tensor2D): Tensor;
  value(tf: TensorFlow, weights: ProgramTensors, rows: Tensor2D): Value;
}

/** The table of operators cannot run a model that onnxruntime may be able to run. */
export class BeyondTable extends Error {
  override readonly name = "BeyondTable";

  constructor(
    /** What is the matter, without what to do about it. */
    readonly reason: string,
    cause: unknown,
  ) {
    super(
      `${reason}. onnxruntime may run it as it stands: take the engine onnx (--backend onnx; npm install onnxruntime-node)`,
      { cause },
    );
  }
}

/** A graph as a network. Constants are folded at the first need of its weights. */
export function rawNetwork(graph: TensorGraph, given: GivenInputs): RawNetwork {
  const { dialect } = graph;
  const wanted = [given.latent.name, ...(given.label === undefined ? [] : [given.label.input.name])];
  let prepared: PreparedGraph | undefined;
  const table = (): PreparedGraph => (prepared ??= beyond(dialect, () => prepare(graph, wanted)));
  const value: RawNetwork["value"] = (tf, weights, rows) =>
    beyond(dialect, () => interpret(table(), tf, weights, inputTensors(tf, given, rows)));
  return {
    get weights() {
      return table().weights;
    },
    given,
    value,
    output: (tf, weights, rows) => {
      const made = value(tf, weights, rows);
      if (made.kind === "host") throw new Error("the output does not depend on the latent's numbers");
      return toPlain(tf, made);
    },
  };
}

/** A graph as a network whose images are as the card says. `files`: those of the model, by path. */
export function graphNetwork(
  graph: TensorGraph,
  { latent, classes = [], image, model }: ForeignCard,
  files: ReadonlyMap<string, Uint8Array>,
): Network {
  const given = givenInputs(graph, model.inputs, latent.dim, classes.length);
  const raw = rawNetwork(graph, given);
  return {
    get weights() {
      return raw.weights;
    },
    run: (tf, weights, rows) =>
      channelsLast(tf, raw.value(tf, weights, rows), rows.shape[0], image.shape, model.layout),
    ...(model.format === "onnx" && { file: modelFile(model, given, image.shape, files) }),
  };
}

/** What onnxruntime takes. The first file is the model, the others hold weights and lie where the model says. */
export function modelFile(
  { files: listed, output, layout }: Pick<ForeignModel, "files" | "output" | "layout">,
  given: GivenInputs,
  [height, width, channels]: readonly [number, number, number],
  files: ReadonlyMap<string, Uint8Array>,
): ModelFile {
  const paths = listed.map(({ path }) => path);
  const [main = ""] = paths;
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  const bytesOf = (path: string): Uint8Array => files.get(path) ?? new Uint8Array();
  const pixels = height * width;
  return {
    model: {
      bytes: bytesOf(main),
      external: paths.slice(1).map(path => ({
        path: path.startsWith(folder) ? path.slice(folder.length) : path,
        data: bytesOf(path),
      })),
    },
    output,
    inputs: (rows, count) => inputArrays(given, rows, count),
    images(numbers, count) {
      if (layout === "channels-last" || channels === 1) return numbers;
      const out = new Float32Array(elementCount([count, height, width, channels]));
      for (let n = 0; n < count; n++)
        for (let c = 0; c < channels; c++)
          for (let p = 0; p < pixels; p++)
            out[(n * pixels + p) * channels + c] = numbers[(n * channels + c) * pixels + p] ?? NaN;
      return out;
    },
  };
}

/** Runs `work`, whose errors are the table's. */
function beyond<T>(dialect: TensorGraph["dialect"], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (dialect !== "onnx" || error instanceof BeyondTable) throw error;
    throw new BeyondTable((error as Error).message, error);
  }
}

function channelsLast(
  tf: TensorFlow,
  value: Value,
  batch: number,
  [height, width, channels]: readonly [number, number, number],
  layout: ImageLayout,
): Tensor {
  if (value.kind === "host") throw new Error("the output does not depend on the latent's numbers");
  if (layout === "channels-first" && value.image) return value.tensor;
  if (layout === "channels-last") return toPlain(tf, value);
  return tf.transpose(tf.reshape(toPlain(tf, value), [batch, channels, height, width]), [0, 2, 3, 1]);
}
