import type { ImageSet } from "../../artifacts/images.js";
import { elementCount } from "../../formats/arrays.js";
import { sha256 } from "../../formats/digest.js";

/** Images with their labels as they were read, before classes have names and numbers. */
export interface RawPart extends Pick<ImageSet, "count" | "shape" | "images"> {
  /** [N] whole numbers from 0 on: of files, what stands in them; of folders, the place in `folders`. */
  readonly labels?: Float64Array;
  /** Names of class folders, sorted; else empty. */
  readonly folders: readonly string[];
  /** Where the labels came from, for messages. */
  readonly from: string;
}

/** The same, with labels that are places in the list of classes. */
export interface Part extends Pick<ImageSet, "count" | "shape" | "images"> {
  readonly labels?: Int32Array;
}

/** What may be done to images as they are read. */
export interface ReadOptions {
  readonly resize?: number | readonly [height: number, width: number];
  readonly channels?: 1 | 3;
  readonly range?: readonly [black: number, white: number];
  readonly layout?: "channels-first" | "channels-last";
  readonly maxBytes: number;
}

/** What reading reports, and how it is stopped. */
export interface Reporter {
  readonly log: (line: string) => void;
  readonly progress: (done: number, total: number, note: string) => void;
  readonly signal: AbortSignal;
}

/** How many images of `test` are in `train` too, pixel by pixel. */
export function countDuplicates(train: Part, test: Part): number {
  const known = new Set(digests(train));
  return digests(test).filter(digest => known.has(digest)).length;
}

function digests({ count, shape, images }: Part): string[] {
  const size = elementCount(shape);
  return Array.from({ length: count }, (_, i) => sha256(images.subarray(i * size, (i + 1) * size)));
}
