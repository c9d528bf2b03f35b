import { basename, dirname } from "node:path";

/** The folder that a pipeline's paths are relative to: its own, or the one above if its own is called `pipelines`. */
export function projectOf(absolute: string): string {
  const folder = dirname(absolute);
  return basename(folder) === "pipelines" ? dirname(folder) : folder;
}
