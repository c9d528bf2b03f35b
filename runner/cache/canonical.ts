import { byCodeUnit, isList, isObject, type Json } from "../core/json.js";

/**
 * The one text of a JSON value: keys in code-unit order, no spaces, numbers in their shortest form. Two values
 * have the same text exactly when they are equal, so it can be hashed. Throws RangeError for NaN and infinities.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
    return Object.is(value, -0) ? "0" : JSON.stringify(value);
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort(byCodeUnit)
    .map(key => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}
