/** JSON values, as pipelines, records and metrics hold them. */
export type JsonScalar = string | number | boolean | null;
export type Json = JsonScalar | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Where a value stands inside a document: `["steps", "views", "with", "sigma"]`. */
export type JsonPath = readonly (string | number)[];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** `<` by UTF-16 code unit, the same on every machine; never by locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The path of the first value in `given` that JSON cannot hold: a function, `undefined`, NaN, a date, an object of a class.
 * Undefined where all of it is JSON.
 */
export function notJson(given: unknown, path: JsonPath = []): JsonPath | undefined {
  if (given === null || typeof given === "string" || typeof given === "boolean") return undefined;
  if (typeof given === "number") return Number.isFinite(given) ? undefined : path;
  if (typeof given !== "object") return path;
  const prototype: unknown = Object.getPrototypeOf(given);
  if (!Array.isArray(given) && prototype !== Object.prototype && prototype !== null) return path;
  for (const [key, value] of Object.entries(given)) {
    const fault = notJson(value, [...path, Array.isArray(given) ? Number(key) : key]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `{ a: { b: 1 } }` as `[["a.b", 1]]`; an empty mapping is a value. */
export function flattened(object: JsonObject, prefix = ""): (readonly [name: string, value: Json])[] {
  return Object.entries(object).flatMap(([key, value]): (readonly [string, Json])[] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    return isObject(value) && Object.keys(value).length > 0 ? flattened(value, name) : [[name, value]];
  });
}
