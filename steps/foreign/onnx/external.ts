import type { GraphProto, ModelProto, NodeProto, TensorProto } from "../../formats/onnx/index.js";

/** Files that an ONNX model's weights may lie in, by the location that the model states. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/** The files that the model says its weights lie in, wherever in it that stands. */
export function externalLocations({ graph, functions }: ModelProto): Set<string> {
  const found = new Set<string>();
  const tensor = (given: TensorProto): void => {
    if (isExternal(given)) found.add(locationOf(given));
  };
  const node = ({ attribute }: NodeProto): void => {
    for (const { t, g } of attribute) {
      if (t !== undefined) tensor(t);
      if (g !== undefined) walk(g);
    }
  };
  const walk = (inner: GraphProto): void => {
    inner.initializer.forEach(tensor);
    inner.node.forEach(node);
  };
  if (graph !== undefined) walk(graph);
  for (const own of functions) own.node.forEach(node);
  return found;
}

/**
 * Throws where the model names a file that was not given with it. onnxruntime would look for such a file in the working
 * folder, so this is checked before it sees the model.
 */
export function checkExternal(model: ModelProto, files: ExternalFiles): void {
  const missing = [...externalLocations(model)].find(location => !files.has(location));
  if (missing !== undefined)
    throw new Error(
      `a part of its weights lies in another file ('${missing}'): name that file under sha256 too, or save the model as ` +
        "one file (torch.onnx.export(..., external_data=False), onnx.save_model(..., save_as_external_data=False))",
    );
}

/** The bytes of a tensor that lies in another file; undefined for one that does not. */
export function externalBytes(
  tensor: TensorProto,
  what: string,
  files: ExternalFiles,
): Uint8Array | undefined {
  if (!isExternal(tensor)) return undefined;
  const location = locationOf(tensor);
  const file = files.get(location);
  if (file === undefined) throw new Error(`${what} lies in another file ('${location}')`);
  const number = (key: string, fallback: number): number => {
    const given = tensor.externalData.find(entry => entry.key === key)?.value;
    const value = given === undefined ? fallback : Number(given);
    if (!Number.isSafeInteger(value) || value < 0)
      throw new Error(`${what}: its ${key} in '${location}' is ${given ?? ""}`);
    return value;
  };
  const offset = number("offset", 0);
  const end = offset + number("length", Math.max(0, file.length - offset));
  if (end > file.length)
    throw new Error(
      `${what} ends at byte ${end} of '${location}', which has ${file.length}: it is cut short`,
    );
  return file.subarray(offset, end);
}

function isExternal({ dataLocation, externalData }: TensorProto): boolean {
  return dataLocation === 1 || externalData.length > 0;
}

function locationOf({ externalData }: TensorProto): string {
  return externalData.find(({ key }) => key === "location")?.value ?? "";
}
