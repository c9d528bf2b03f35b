/**
 * ONNX files to objects and back. Does not: judge a model; whoever reads a stranger's file must check types, shapes and
 * sizes before believing them.
 */
import { MODEL } from "./schema.js";
import type { ModelProto } from "./messages.js";

/** Throws an Error where the bytes are no protobuf message. `rawData` are views of `bytes`, not copies. */
export function readModel(bytes: Uint8Array): ModelProto {
  // A Buffer is read without copying its parts.
  const message = MODEL.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return MODEL.toObject(message, { longs: Number, arrays: true }) as ModelProto;
}

export function writeModel(model: ModelProto): Uint8Array {
  return MODEL.encode(MODEL.fromObject(model)).finish();
}
