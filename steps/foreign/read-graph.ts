import type { ForeignModel } from "./foreign-model.js";
import { readOnnxGraph } from "./onnx/read-onnx.js";
import { readTensorflowGraph } from "./tensorflow/read-tensorflowjs.js";
import type { TensorGraph } from "./tensor-graph.js";

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
    return format === "onnx"
      ? readOnnxGraph(main, output, beside(path, bytes))
      : readTensorflowGraph(main, bytes, path, output);
  } catch (error) {
    throw new Error(`${name === "" ? "" : `${name}/`}${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** The other files by the path that a file in the folder of the first would call them by. */
function beside(path: string, bytes: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const others = [...bytes].filter(([name]) => name !== path && name.startsWith(folder));
  return new Map(others.map(([name, data]) => [name.slice(folder.length), data]));
}
