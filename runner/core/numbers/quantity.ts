import type { Json } from "../json.js";

/**
 * JSON in which NaN and the infinities, which JSON lacks, are the texts "NaN", "Infinity" and "-Infinity": a metric may
 * be any of them, and `null` would lose which. `##[`, by which CI hosts know a command, is written with an escape.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, inner: unknown) => storable(inner), indent).replaceAll("##[", "#\\u0023[");
}

/** A number as JSON can hold it; anything else as it is. */
export function storable(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** The number that a value of such JSON stands for; nothing where it stands for none. */
export function quantityOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NOT_FINITE.has(value) ? Number(value) : undefined;
}

/** Whether two metrics, of which there may be none, are the same: unlike `===`, NaN is NaN. */
export function sameQuantity(a: number | null | undefined, b: number | null | undefined): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

const NOT_FINITE: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);
