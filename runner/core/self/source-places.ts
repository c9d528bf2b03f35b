import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

/** `file:///a/b.js:12:34` as a stack names places. */
const PLACE = /(file:\/\/[^\s()]+\.[cm]?js):(\d+):(\d+)/g;

/**
 * An error's stack with the places of the source instead of the compiled ones, where a map lies beside the compiled
 * file. Done when there is an error to report: node's own `--enable-source-maps` reads the map of every module at
 * its start, which takes longer than all else in a small step.
 */
export function inSource(stack: string): string {
  return stack.replace(PLACE, (place, url: string, line: string, column: string) => {
    const entry = mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !("originalSource" in entry)) return place;
    return `${new URL(entry.originalSource, url).href}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** The map of a compiled file, if one lies beside it and can be read. */
function mapOf(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
