import type { ForeignModel } from "../generator-card.js";
import { readOnnxGraph } from "./onnx/read.js";
import { readTensorflowGraph } from "./tensorflow/read.js";
import type { TensorGraph } from "./types.js";

/**
 * The graph of a foreign model, from the bytes of its files by path. `output`: the one that is the image, where the
 * model has several. Throws an Error that begins with `name` and the file.
 */
export function readGraph(
  { format, files, output }: Pick<ForeignModel, "format" | "files"> & { readonly output?: string },
  bytes: ReadonlyMap<string, Uint8Array>,
  name: string,
): TensorGraph {
  const path = files[0]?.path ?? "";
  const main = bytes.get(path) ?? new Uint8Array();
  try {
    const graph =
      format === "onnx" ? readOnnxGraph(main, output) : readTensorflowGraph(main, bytes, path, output);
    checkInput(graph);
    return graph;
  } catch (error) {
    throw new Error(`${name === "" ? "" : `${name}/`}${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** A latent is a vector a row, perhaps with axes of size 1 where a convolution wants them. */
function checkInput({ input: { name, shape } }: TensorGraph): void {
  const rest = shape.slice(1);
  if (shape.length < 2 || shape.length > 4 || rest.filter(size => size !== 1).length > 1 || shape.includes(0))
    throw new Error(
      `its input '${name}' is [${shape.map(size => (size < 0 ? "N" : size)).join(", ")}]; ` +
        "a generator takes latents [N, z] or [N, z, 1, 1]",
    );
}
