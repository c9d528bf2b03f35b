import { isIdx, parseIdx } from "../../formats/idx.js";
import { parseNpy, type StoredArray } from "../../formats/npy.js";
import { readNpz } from "../../formats/npz.js";
import type { Payload } from "../../sources/source.js";
import { isZip } from "../../formats/zip.js";
import { toImages } from "./array-images.js";
import { toLabels } from "./read-labels.js";
import type { PartFiles } from "./dataset-options.js";
import type { RawPart, ReadOptions, Reporter } from "./part.js";
import { readPictures } from "./pictures.js";

/**
 * Turns payloads into images uint8 [N, H, W, C] and labels. A payload's format follows from its first bytes, not by its
 * name. Throws, naming the payload, when something is not what images or labels can be.
 */
export async function decodePart(
  payloads: ReadonlyMap<string, Payload>,
  files: PartFiles,
  options: ReadOptions,
  reporter: Reporter,
): Promise<RawPart> {
  const payload = payloadOf(payloads, files.images);
  if (!(payload instanceof Uint8Array)) {
    if (files.labels !== undefined)
      throw new Error(
        `${files.labels}: a folder of pictures has its labels in the names of its subfolders; leave out \`labels\``,
      );
    return readPictures(payload, files.images, options, reporter);
  }
  const images = toImages(await decodeArray(payload, files.images, options.maxBytes), files.images, options);
  const part = { ...images, folders: [], from: files.labels ?? files.images };
  if (files.labels === undefined) return part;
  const labelBytes = payloadOf(payloads, files.labels);
  if (!(labelBytes instanceof Uint8Array)) throw new Error(`${files.labels}: labels cannot be a folder`);
  const array = await decodeArray(labelBytes, files.labels, options.maxBytes);
  return { ...part, labels: toLabels(array, files.labels, images.count, files.images) };
}

/** The payload's name without `#array`. */
export function payloadName(reference: string): string {
  return reference.split("#")[0] ?? reference;
}

function payloadOf(payloads: ReadonlyMap<string, Payload>, reference: string): Payload {
  const payload = payloads.get(payloadName(reference));
  if (payload === undefined)
    throw new Error(
      `'files' names ${payloadName(reference)}, which has no sha256 (it has: ${[...payloads.keys()].join(", ")})`,
    );
  return payload;
}

async function decodeArray(bytes: Uint8Array, reference: string, limit: number): Promise<StoredArray> {
  const [name = reference, member] = reference.split("#");
  if (isZip(bytes)) {
    if (member === undefined) throw new Error(`${name} is an .npz: say which array, ${name}#NAME`);
    return readNpz(bytes, member, name, limit);
  }
  if (member !== undefined) throw new Error(`${name} is no .npz, so '#${member}' means nothing`);
  if (isIdx(bytes)) return parseIdx(bytes, name);
  if (bytes[0] === 0x93) return parseNpy(bytes, name);
  throw new Error(
    `${name}: neither IDX, npy nor npz (it begins with ${Buffer.from(bytes.subarray(0, 8)).toString("hex")})`,
  );
}
