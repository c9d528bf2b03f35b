import { setImmediate } from "node:timers/promises";
import { elementCount } from "../../formats/arrays.js";
import { decodePicture, isPictureName, pictureFormat } from "../../formats/pictures/decode.js";
import { resize, withChannels } from "../../formats/pictures/resample.js";
import type { Image } from "../../formats/pictures/picture.js";
import { isHidden } from "../../sources/names.js";
import { checkLimit, sizeOf } from "./array-images.js";
import type { RawPart, ReadOptions, Reporter } from "./part.js";

/**
 * A folder of pictures, in the order of their paths by code unit. A class is a first folder, whatever lies below it;
 * pictures that lie in none have no labels. Hidden files hold no data; other files that are no pictures are named in
 * the log. Throws at a picture that cannot be read, one of another size, and a class folder without pictures.
 */
export async function readPictures(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  options: ReadOptions,
  reporter: Reporter,
): Promise<RawPart> {
  if (options.range !== undefined || options.layout !== undefined)
    throw new Error(
      `${name}: \`range\` and \`layout\` are for arrays; pictures say themselves what they are`,
    );
  const { paths, folders } = picturePaths(files, name, reporter.log);
  const notes = { transparent: 0, turned: 0, grey: 0 };
  const images: Image[] = [];
  let bytes = 0;
  for (const [i, path] of paths.entries()) {
    if (i % 64 === 0) {
      // Decoding holds the thread: cancelling and progress must come through.
      await setImmediate();
      reporter.signal.throwIfAborted();
      reporter.progress(i, paths.length, `reading ${name}`);
    }
    const picture = await decodePicture(files.get(path) ?? new Uint8Array(), `${name}/${path}`);
    const image = fitted(picture, options);
    bytes += image.data.length;
    checkLimit(bytes, options.maxBytes);
    notes.transparent += Number(picture.transparent);
    notes.turned += Number(picture.turned);
    images.push(image);
    checkSize(images, paths, name);
  }
  const channels = images.some(({ shape }) => shape[2] === 3) ? 3 : 1;
  notes.grey = channels === 3 ? images.filter(({ shape }) => shape[2] === 1).length : 0;
  report(notes, name, reporter.log);
  const [height = 0, width = 0] = images[0]?.shape ?? [];
  const shape = [height, width, channels] as const;
  const size = elementCount(shape);
  checkLimit(images.length * size, options.maxBytes);
  const all = new Uint8Array(images.length * size);
  for (const [i, image] of images.entries()) all.set(withChannels(image, channels).data, i * size);
  const part = { count: images.length, shape, images: all, folders, from: name };
  if (folders.length === 0) return part;
  return { ...part, labels: Float64Array.from(paths, path => folders.indexOf(classOf(path))) };
}

function fitted(image: Image, options: ReadOptions): Image {
  const inChannels = options.channels === undefined ? image : withChannels(image, options.channels);
  const size = sizeOf(options);
  return size === undefined ? { shape: inChannels.shape, data: inChannels.data } : resize(inChannels, size);
}

function classOf(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf("/")));
}

/** The pictures, sorted, and the class folders, sorted. */
function picturePaths(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  log: (line: string) => void,
): { readonly paths: readonly string[]; readonly folders: readonly string[] } {
  const shown = [...files.keys()].filter(path => !isHidden(path)).sort((a, b) => (a < b ? -1 : 1));
  const isPicture = (path: string): boolean =>
    isPictureName(path) || pictureFormat(files.get(path) ?? new Uint8Array()) !== undefined;
  const paths = shown.filter(isPicture);
  const others = shown.filter(path => !isPicture(path));
  if (others.length > 0) {
    const more = others.length > 5 ? `, and ${others.length - 5} more` : "";
    log(`${name}: files that are no pictures are left out: ${others.slice(0, 5).join(", ")}${more}`);
  }
  if (paths.length === 0) throw new Error(`${name}: holds no pictures (PNG, JPEG, WebP, BMP)`);
  const folders = [...new Set(paths.map(classOf))].sort();
  if (folders.length === 1 && folders[0] === "") return { paths, folders: [] };
  if (folders[0] === "")
    throw new Error(
      `${name}: pictures lie both in class folders (${folders[1] ?? ""}) and beside them (${paths.find(path => classOf(path) === "") ?? ""})`,
    );
  const empty = [...new Set(others.map(classOf))].find(folder => folder !== "" && !folders.includes(folder));
  if (empty !== undefined) throw new Error(`${name}/${empty}: a class folder without pictures`);
  return { paths, folders };
}

/** Throws unless the last image has the size of the first. */
function checkSize(images: readonly Image[], paths: readonly string[], name: string): void {
  const [[height, width] = [0, 0], [own, across] = [0, 0]] = [images[0]?.shape, images.at(-1)?.shape];
  if (height === own && width === across) return;
  const [first = "", last = ""] = [paths[0], paths[images.length - 1]];
  throw new Error(
    `${name}/${last} is ${own} x ${across} pixels, ${name}/${first} ${height} x ${width}: images of a set have one ` +
      `size. To make them alike: resize: ${height}, or resize: [HEIGHT, WIDTH]`,
  );
}

function report(
  { transparent, turned, grey }: { transparent: number; turned: number; grey: number },
  name: string,
  log: (line: string) => void,
): void {
  if (transparent > 0)
    log(`${name}: the transparency of ${transparent} pictures is dropped, their colours stay`);
  if (turned > 0) log(`${name}: ${turned} pictures are turned upright, as their EXIF orientation says`);
  if (grey > 0) log(`${name}: ${grey} grey pictures are written as colour, since others have colour`);
}
