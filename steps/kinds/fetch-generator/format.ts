import { posix } from "node:path";
import { externalLocations } from "../../foreign/onnx/onnx-tensor.js";
import { readModel } from "../../formats/onnx/index.js";
import { isZip } from "../../formats/zip.js";
import type { ForeignFormat } from "../../foreign/foreign-model.js";
import { isSafetensors } from "../../formats/safetensors.js";
import type { Payload } from "../../sources/source.js";

/** The files of a model by the roles that they have in their format. Recognised by their bytes, never by their names. */
export type ModelFiles =
  | { readonly format: "vistas"; readonly weights: File; readonly card: File }
  | { readonly format: ForeignFormat; readonly main: File; readonly more: readonly File[] };

export interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Throws an Error that says which files make up a model, and what another program's format is called. */
export function modelFiles(payloads: ReadonlyMap<string, Payload>): ModelFiles {
  const files = [...payloads].map(([name, bytes]): File => {
    if (!(bytes instanceof Uint8Array))
      throw new Error(`${name} is a folder: sha256 must name a model's files`);
    return { name, bytes };
  });
  const onnx = onnxFiles(files);
  if (onnx !== undefined) return onnx;
  const of = (kind: ReturnType<typeof kindOf>): readonly File[] =>
    files.filter(({ bytes }) => kindOf(bytes) === kind);
  const [weights, tfjs, json, other] = [of("safetensors"), of("tfjs"), of("json"), of("other")];
  const [main] = tfjs;
  if (main !== undefined && tfjs.length === 1)
    return { format: "tensorflowjs", main, more: files.filter(file => file !== main) };
  const [card] = json;
  if (weights[0] !== undefined && card !== undefined && files.length === 2)
    return { format: "vistas", weights: weights[0], card };
  // Weight files that a model.json names may begin with any bytes: only what no format claims is looked at here.
  for (const file of other) refuseKnown(file);
  const [only] = other;
  if (only !== undefined && files.length === 1) return { format: "onnx", main: only, more: [] };
  throw new Error(
    `no model is made up of ${files.map(({ name }) => name).join(", ")}. sha256 must name one ONNX file and the files that ` +
      "its weights lie in; or " +
      "TensorFlow.js's model.json and all of its weight files; or NAME.safetensors and NAME.json, vistas's own two",
  );
}

/** An ONNX model and all of the files that it says its weights lie in; nothing more. */
function onnxFiles(files: readonly File[]): ModelFiles | undefined {
  if (files.length === 1) return undefined;
  for (const main of files) {
    const more = files.filter(file => file !== main);
    const locations = [...statedLocations(main.bytes)].map(path =>
      posix.join(posix.dirname(main.name), path),
    );
    if (locations.length > 0 && more.every(({ name }) => locations.includes(name)))
      return { format: "onnx", main, more };
  }
  return undefined;
}

function statedLocations(bytes: Uint8Array): ReadonlySet<string> {
  try {
    return externalLocations(readModel(bytes));
  } catch {
    return new Set(); // It is no ONNX model.
  }
}

/** Where a foreign file lies in the artifact. */
export function placeOf({ name }: File): string {
  return posix.join("original", name);
}

function kindOf(bytes: Uint8Array): "safetensors" | "tfjs" | "json" | "other" {
  if (isSafetensors(bytes)) return "safetensors";
  const start = Buffer.from(bytes.subarray(0, 64)).toString("utf8").trimStart();
  if (!start.startsWith("{")) return "other";
  const text = Buffer.from(bytes).toString("latin1");
  return /"(modelTopology|weightsManifest)"\s*:/.test(text) ? "tfjs" : "json";
}

/** Formats that people have at hand, and how to turn them into one that can be taken. */
function refuseKnown({ name, bytes }: File): void {
  const start = Buffer.from(bytes.subarray(0, 8)).toString("latin1");
  if (isZip(bytes))
    throw new Error(
      `${name} is a zip archive, as PyTorch (.pt, .pth) and Keras (.keras) save models in. It may hold code, which is ` +
        "never run here: export the generator by torch.onnx.export(G, (z,), 'generator.onnx', ...; docs/data.md has the whole line) or tensorflowjs_converter",
    );
  // PROTO, the first opcode of a pickle of protocol 2 and later, and the protocol's number.
  if (bytes[0] === 0x80 && [2, 3, 4, 5].includes(bytes[1] ?? 0))
    throw new Error(
      `${name} is a Python pickle, which is a program and never run here: export the generator to ONNX (torch.onnx.export)`,
    );
  if (start === "\x89HDF\r\n\x1a\n")
    throw new Error(
      `${name} is an HDF5 file of Keras: convert it by tensorflowjs_converter --input_format=keras`,
    );
}
