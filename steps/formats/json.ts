import { readFile, writeFile } from "node:fs/promises";
import type { Json, JsonObject } from "../../runner/step-api.js";

/**
 * JSON in one form alone: keys in code-unit order, two spaces, a newline at the end. Equal values make equal
 * bytes, on every machine, so that an artifact's digest says whether anything changed.
 * Throws a RangeError at a number that JSON cannot hold (NaN, infinity), which would become null silently.
 */
export function canonicalJson(value: Json): string {
  return `${JSON.stringify(sorted(value, ""), null, 2)}\n`;
}

export async function writeJson(path: string, value: Json): Promise<void> {
  await writeFile(path, canonicalJson(value));
}

/** Reads a JSON object; the error names the file. */
export async function readJson(path: string): Promise<JsonObject> {
  return parseJson(await readFile(path, "utf8"), path);
}

/** JSON nested deeper describes no data, and might be made to break what walks it. */
const MAX_DEPTH = 200;

/** Parses the text of a JSON object, nested at most 200 deep; `name` stands in errors. */
export function parseJson(text: string, name: string): JsonObject {
  if (depthOf(text) > MAX_DEPTH) throw new Error(`${name}: it is nested more than ${MAX_DEPTH} deep`);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`${name}: no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isJsonObject(value)) throw new Error(`${name}: must hold a JSON object`);
  return value;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How deep brackets go, those within texts included, of which there are few. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [character] of text.matchAll(/[[\]{}]/g)) {
    depth += character === "[" || character === "{" ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function sorted(value: Json, at: string): Json {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`JSON cannot hold ${value} (at ${at === "" ? "the top" : at})`);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item, i) => sorted(item, `${at}[${i}]`));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item, `${at}.${key}`)]));
}
