import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of a file below test/fixtures, seen from the compiled tests. */
export function fixture(path: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/${path}`, import.meta.url));
}

export function fixtureJson(path: string): unknown {
  return JSON.parse(readFileSync(fixture(path), "utf8"));
}
