import { posix } from "node:path";
import type { Json, JsonObject } from "../../../runner/step-api.js";
import { isJsonObject, parseJson } from "../../formats/json.js";
import type { HostArray, TensorGraph } from "../tensor-graph.js";
import { readGraphModel } from "./graph-model.js";
import { readLayersModel } from "./layers-model.js";
import { readWeights } from "./weights.js";

/**
 * A TensorFlow.js model as a graph: `main` is its model.json at `path`, and `files` holds its weights at the paths
 * that it names, relative to its own. Graph models and layers models both become TensorFlow's operators.
 * Why not by TensorFlow.js's own converter: its models hold their weights themselves and read tensors' numbers while
 * they run, so they cannot be part of a step function, and its executor knows loops, tables and custom operators,
 * which a stranger's file should not get near.
 */
export function readTensorflowGraph(
  main: Uint8Array,
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
  output?: string,
): TensorGraph {
  const json = modelJson(main);
  const { groups } = manifest(json);
  const constants = new Map<string, HostArray>();
  for (const { paths, weights } of groups) {
    const shards = paths.map(shard => {
      const at = posix.join(posix.dirname(path), shard);
      const bytes = files.get(at);
      if (bytes === undefined) throw new Error(`its weights '${shard}' are missing`);
      return bytes;
    });
    for (const [name, array] of readWeights(weights, Buffer.concat(shards))) {
      if (constants.has(name)) throw new Error(`it holds the weight '${name}' twice`);
      constants.set(name, array);
    }
  }
  const topology = json["modelTopology"];
  if (!isJsonObject(topology)) throw new Error("it has no modelTopology");
  return Array.isArray(topology["node"])
    ? readGraphModel(topology, json, constants, output)
    : readLayersModel(topology, constants, writtenByTensorflowJs(json));
}

function writtenByTensorflowJs({ generatedBy, convertedBy }: JsonObject): boolean {
  return typeof generatedBy === "string" && generatedBy.startsWith("TensorFlow.js") && !convertedBy;
}

function modelJson(main: Uint8Array): JsonObject {
  return parseJson(Buffer.from(main).toString("utf8"), "model.json of TensorFlow.js");
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly JsonObject[];
}

function manifest(json: JsonObject): { readonly groups: readonly Group[] } {
  const given = json["weightsManifest"];
  if (!Array.isArray(given)) throw new Error("it has no weightsManifest");
  const groups = (given as readonly Json[]).map(group => {
    const { paths, weights } = isJsonObject(group) ? group : {};
    if (!isTexts(paths) || !isObjects(weights))
      throw new Error("its weightsManifest must hold paths and weights");
    for (const path of paths)
      if (path.startsWith("/") || path.includes("\\") || path.split("/").includes(".."))
        throw new Error(`its weights lie at '${path}'; they must lie beside it`);
    return { paths, weights };
  });
  return { groups };
}

function isTexts(value: Json | undefined): value is string[] {
  return Array.isArray(value) && (value as readonly Json[]).every(item => typeof item === "string");
}

function isObjects(value: Json | undefined): value is JsonObject[] {
  return Array.isArray(value) && (value as readonly Json[]).every(item => isJsonObject(item));
}
