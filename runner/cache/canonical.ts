import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../core/json.js";

/**
 * The one text of a JSON value: keys in code-unit order, no spaces, numbers in their shortest form. Two values
 * have the same text exactly when they are equal, so it can be hashed. Throws RangeError for NaN and infinities, TypeError for
 * what is no JSON at all (a Date, a Map, undefined): plain JavaScript may hand in anything, and a text that two
 * values share would be a wrong hit.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
    return Object.is(value, -0) ? "0" : JSON.stringify(value);
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) {
    if (value !== null && typeof value !== "string" && typeof value !== "boolean") throw noJson(value);
    return JSON.stringify(value);
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") throw noJson(value);
  const members = Object.keys(value)
    .sort(byCodeUnit)
    .map(key => `${JSON.stringify(key)}:${member(value, key)}`);
  return `{${members.join(",")}}`;
}

function member(object: JsonObject, key: string): string {
  const value = object[key];
  if (value === undefined) throw noJson(value);
  return canonicalJson(value);
}

function noJson(value: unknown): TypeError {
  return new TypeError(`${Object.prototype.toString.call(value).slice(8, -1)} has no JSON form`);
}
