import { isSpelled, type Written } from "../../core/spelled.js";
import { MAX_BYTES } from "./file-text.js";

/** Deepest nesting of values that a pipeline may hold. */
export const MAX_DEPTH = 100;

export interface Size {
  /** Characters of all texts and keys, and 8 for every value: about the bytes of the unfolded document. */
  readonly weight: number;
  /** Levels of lists and mappings. */
  readonly height: number;
}

const measured = new WeakMap<object, Size>();

/**
 * How large a value is once every alias and whole-value expression in it is written out. Values share their parts, so
 * a small text can stand for an enormous value; the sizes of shared parts are kept, so that this takes time in
 * the size of the text.
 */
export function measure(value: Written): Size {
  if (typeof value === "string") return { weight: 8 + value.length, height: 0 };
  if (typeof value !== "object" || value === null || isSpelled(value)) return { weight: 8, height: 0 };
  const known = measured.get(value);
  if (known !== undefined) return known;
  let weight = 8;
  let height = 0;
  for (const [key, item] of Object.entries<Written>(value)) {
    const size = measure(item);
    weight += key.length + size.weight;
    height = Math.max(height, size.height);
  }
  const size = { weight, height: height + 1 };
  measured.set(value, size);
  return size;
}

/** What is wrong with the size of a value, if anything. */
export function oversize(value: Written): "too-large" | "too-deep" | undefined {
  const { weight, height } = measure(value);
  if (weight > MAX_BYTES) return "too-large";
  return height > MAX_DEPTH ? "too-deep" : undefined;
}
