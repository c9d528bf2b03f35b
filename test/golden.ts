import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "@jest/globals";

/**
 * Holds `actual` against a committed file, `path` relative to the sources' test folder. With UPDATE_GOLDEN=1 in
 * the environment the file is written anew, to be looked at and committed.
 */
export function expectGolden(path: string, actual: string): void {
  const file = fileURLToPath(new URL(`../../test/${path}`, import.meta.url));
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
  }
  expect(actual).toBe(readFileSync(file, "utf8"));
}
