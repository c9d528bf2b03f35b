#!/usr/bin/env node
/**
 * Starts the command line: `main.ts` from its bundle, or as compiled where the bundle is older than that or missing.
 * Does not: read any word but `--version`.
 */
import { readFileSync, statSync, writeSync } from "node:fs";
import process from "node:process";
import { loadBundle } from "./core/self/bundle.js";

if (process.argv.length === 3 && process.argv[2] === "--version" && printVersion()) process.exit(0);
const bundle = new URL("../bundle/main.cjs", import.meta.url);
const { start } = isCurrent() ? (await loadBundle(bundle)).exports : await import("./main.js");
await (start as () => Promise<never>)();

/** The bundle is made after each compilation that `npm run setup` does; a package holds no record of one. */
function isCurrent(): boolean {
  const made = timeOf(bundle);
  const compiled = timeOf(new URL("../tsconfig.tsbuildinfo", import.meta.url)) ?? 0;
  return made !== undefined && made >= compiled;
}

function timeOf(file: URL): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** False where stdout is closed or full, which `main.js` reports. */
function printVersion(): boolean {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  try {
    writeSync(1, `${(JSON.parse(manifest) as { version: string }).version}\n`);
    return true;
  } catch {
    return false;
  }
}
