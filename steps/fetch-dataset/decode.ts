import { elementCount, type NdArray, shapeText, toInt32 } from "../lib/arrays.js";
import { isIdx, parseIdx } from "../lib/idx.js";
import type { ImageSet } from "../lib/images.js";
import { parseNpy } from "../lib/npy.js";
import { readNpz } from "../lib/npz.js";
import { isZip } from "../lib/zip.js";
import { decodePng } from "../lib/png.js";
import type { Payload } from "../lib/sources/types.js";
import type { PartFiles } from "./options.js";

/** Images with their labels, before classes have names of the user's. */
export interface Part extends Pick<ImageSet, "count" | "shape" | "images"> {
  readonly labels?: Int32Array;
  /** Subfolder names of a PNG folder, in label order; else empty. */
  readonly folders: readonly string[];
}

/**
 * Turns payloads into images uint8 [N, H, W, C] and labels int32 [N]. A payload's format is told by its first
 * bytes, not by its name. Throws, naming the payload, when something is not what images or labels can be.
 */
export async function decodePart(
  payloads: ReadonlyMap<string, Payload>,
  files: PartFiles,
  limit: number,
): Promise<Part> {
  const payload = payloadOf(payloads, files.images);
  if (!(payload instanceof Uint8Array)) return pngFolder(payload, files.images, limit);
  const { shape, data } = await decodeArray(payload, files.images, limit);
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  if (!(data instanceof Uint8Array) || (shape.length !== 3 && shape.length !== 4))
    throw new Error(
      `${files.images}: images must be uint8 [N, H, W] or [N, H, W, C], not ${shapeText(shape)}`,
    );
  if (channels !== 1 && channels !== 3)
    throw new Error(
      `${files.images}: ${shapeText(shape)} has ${channels} channels; 1 (grey) or 3 (RGB) must come last`,
    );
  const part = { count, shape: [height, width, channels] as const, images: data, folders: [] };
  if (files.labels === undefined) return part;
  const labelBytes = payloadOf(payloads, files.labels);
  if (!(labelBytes instanceof Uint8Array)) throw new Error(`${files.labels}: labels cannot be a folder`);
  const labels = await decodeArray(labelBytes, files.labels, limit);
  if (elementCount(labels.shape) !== count)
    throw new Error(
      `${files.labels}: ${shapeText(labels.shape)} labels for ${count} images of ${files.images}`,
    );
  return { ...part, labels: toInt32(labels.data) };
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

async function decodeArray(bytes: Uint8Array, reference: string, limit: number): Promise<NdArray> {
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

/** PNG files in subfolders, one a class (in code-unit order); or PNG files alone, without labels. */
function pngFolder(files: ReadonlyMap<string, Uint8Array>, name: string, limit: number): Part {
  const paths = [...files.keys()].filter(path => /\.png$/i.test(path)).sort((a, b) => (a < b ? -1 : 1));
  if (paths.length === 0) throw new Error(`${name}: holds no PNG files`);
  const labelled = paths.some(path => path.includes("/"));
  const classOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const folders = labelled ? [...new Set(paths.map(classOf))].sort() : [];
  if (folders.includes("")) throw new Error(`${name}: PNG files lie both in class folders and beside them`);
  let bytes = 0;
  const decoded = paths.map(path => {
    const image = decodePng(files.get(path) ?? new Uint8Array(), `${name}/${path}`);
    bytes += image.data.length;
    if (bytes > limit) throw new Error(`${name}: its pictures are more than the limit of ${limit} bytes`);
    return image;
  });
  const [height = 0, width = 0] = decoded[0]?.shape ?? [];
  const channels = decoded.some(image => image.shape[2] === 3) ? 3 : 1;
  const pixels = height * width * channels;
  const images = new Uint8Array(paths.length * pixels);
  decoded.forEach(({ shape, data }, i) => {
    if (shape[0] !== height || shape[1] !== width)
      throw new Error(
        `${name}/${paths[i] ?? ""}: ${shape[0]} x ${shape[1]} pixels, others have ${height} x ${width}`,
      );
    if (shape[2] === channels) images.set(data, i * pixels);
    else data.forEach((grey, p) => images.fill(grey, i * pixels + 3 * p, i * pixels + 3 * p + 3));
  });
  const part = { count: paths.length, shape: [height, width, channels] as const, images, folders };
  return labelled
    ? { ...part, labels: Int32Array.from(paths, path => folders.indexOf(classOf(path))) }
    : part;
}
