import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { isObject, type Json } from "../core/json.js";
import type { ArtifactRef } from "../core/record.js";
import type { Store } from "../store/store.js";

/** A declared output that is not there, or is not a file or folder: the step has failed. */
export class BadOutput extends Error {
  override readonly name = "BadOutput";
}

/** Takes a finished step's outputs into the store. Throws `BadOutput` before anything is taken. */
export async function takeOutputs(
  store: Store,
  outputs: Readonly<Record<string, string>>,
): Promise<Record<string, ArtifactRef>> {
  for (const [name, path] of Object.entries(outputs)) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new BadOutput(`the output ${name} is missing: the step did not write ${path}`);
    }
    settle(name, path, dirname(path));
  }
  const taken: Record<string, ArtifactRef> = {};
  for (const [name, path] of Object.entries(outputs)) taken[name] = await store.objects.take(path);
  return taken;
}

/**
 * The numbers in an output called `metrics` that is a JSON file, by dotted name: how a program of the user's
 * reports results. Throws `BadOutput` for one that is not JSON.
 */
export function metricsFrom(outputs: Readonly<Record<string, string>>): Record<string, number> {
  const file = outputs["metrics"];
  if (!file?.endsWith(".json")) return {};
  let value: Json;
  try {
    value = JSON.parse(readFileSync(file, "utf8")) as Json;
  } catch (error) {
    throw new BadOutput(
      `the output metrics is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const metrics: Record<string, number> = {};
  const visit = (v: Json, name: string): void => {
    if (typeof v === "number") metrics[name] = v;
    else if (isObject(v))
      for (const [key, inner] of Object.entries(v)) visit(inner, name === "" ? key : `${name}.${key}`);
  };
  visit(value, "");
  return metrics;
}

/** Checks what was written, and puts the target in the place of a symbolic link to something of the step's own. */
function settle(name: string, path: string, home: string): void {
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    for (const entry of readdirSync(path)) settle(name, join(path, entry), home);
    return;
  }
  if (stat.isFile()) return;
  if (!stat.isSymbolicLink())
    throw new BadOutput(`the output ${name} is neither a file nor a folder: ${path}`);
  const target = existsSync(path) ? realpathSync(path) : undefined;
  if (target === undefined)
    throw new BadOutput(`the output ${name} holds a symbolic link to nothing: ${path}`);
  const own = realpathSync(home) + sep;
  if (!target.startsWith(own) || (realpathSync(dirname(path)) + sep).startsWith(target + sep)) {
    throw new BadOutput(
      `the output ${name} holds a symbolic link out of the step's folder: ${path} -> ${target}`,
    );
  }
  rmSync(path);
  cpSync(target, path, { recursive: true, dereference: true });
}
