import type { ImageSet } from "../../artifacts/images.js";

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
