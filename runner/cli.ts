#!/usr/bin/env node
/**
 * Starts the command line: `main.js` in one bundle, which Node loads in half the time, or as compiled where the bundle is
 * older than that or missing. Does not: read any word but `--version`.
 */
import { readFileSync, statSync, writeSync } from "node:fs";
import process from "node:process";

if (process.argv.length === 3 && process.argv[2] === "--version" && printVersion()) process.exit(0);
await import(isCurrent() ? new URL("../bundle/main.js", import.meta.url).href : "./main.js");

/** The bundle is made after each compilation that `npm run setup` does; a package holds no record of one. */
function isCurrent(): boolean {
  const made = timeOf("../bundle/main.js");
  return made !== undefined && made >= (timeOf("../tsconfig.tsbuildinfo") ?? 0);
}

function timeOf(file: string): number | undefined {
  return statSync(new URL(file, import.meta.url), { throwIfNoEntry: false })?.mtimeMs;
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
