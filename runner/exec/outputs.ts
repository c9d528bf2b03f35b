import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { isObject, type Json } from "../core/json.js";
import type { ArtifactRef } from "../core/record.js";
import { copyReadOnly } from "./copy.js";
import type { Store } from "../store/store.js";

/** A declared output that is not there, or is not a file or folder: the step has failed. */
export class BadOutput extends Error {
  override readonly name = "BadOutput";
}

/**
 * Looks at all that a finished step wrote, and settles it. `home`: the real path of the folder that outputs were to lie
 * in, in whose place a step may have put a link to one that is not its own. Throws `BadOutput`.
 */
export function checkOutputs(outputs: Readonly<Record<string, string>>, home: string): void {
  for (const [name, path] of Object.entries(outputs)) {
    const folder = existsSync(dirname(path)) ? realpathSync(dirname(path)) : home;
    if (folder !== home && !folder.startsWith(home + sep))
      throw new BadOutput(
        `the output ${name} lies outside of the step's folder: ${dirname(path)} -> ${folder}`,
      );
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new BadOutput(`the output ${name} is missing: the step did not write ${path}`);
    }
    settle(`the output ${name}`, path, dirname(path));
  }
}

/** Takes outputs that were checked into the store. */
export async function takeOutputs(
  store: Store,
  outputs: Readonly<Record<string, string>>,
): Promise<Record<string, ArtifactRef>> {
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
  // By a list of what is left to look at: a file of the user's may be nested deeper than calls can be.
  const ahead: [string, Json][] = [["", value]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [name, inner] = next;
    if (typeof inner === "number") {
      // JSON has no infinity, but 1e999 reads as one.
      if (!Number.isFinite(inner)) throw new BadOutput(`the metric ${name} is too large for a number`);
      metrics[name] = inner;
    } else if (isObject(inner)) {
      const below = Object.entries(inner).map(([key, v]): [string, Json] => [
        name === "" ? key : `${name}.${key}`,
        v,
      ]);
      ahead.push(...below.reverse());
    }
  }
  return metrics;
}

/**
 * Makes what a step wrote fit to be kept: files and folders alone, all of them readable. A symbolic link to something
 * within `home` is replaced by what it leads to. `what` begins the message of a `BadOutput`.
 */
export function settle(what: string, path: string, home: string): void {
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    if ((stat.mode & 0o700) !== 0o700) chmodSync(path, stat.mode | 0o700);
    for (const entry of readdirSync(path)) {
      // What is no text is read as this character.
      if (entry.includes("\uFFFD"))
        throw new BadOutput(`${what} holds a name that is not UTF-8: ${path}/${entry}`);
      settle(what, join(path, entry), home);
    }
  } else if (stat.isFile()) {
    if ((stat.mode & 0o400) === 0) chmodSync(path, stat.mode | 0o400);
  } else if (stat.isSymbolicLink()) {
    follow(what, path, home);
  } else {
    throw new BadOutput(`${what} is neither a file nor a folder: ${path}`);
  }
}

function follow(what: string, path: string, home: string): void {
  const target = existsSync(path) ? realpathSync(path) : undefined;
  if (target === undefined) throw new BadOutput(`${what} holds a symbolic link to nothing: ${path}`);
  const own = realpathSync(home) + sep;
  if (!target.startsWith(own) || (realpathSync(dirname(path)) + sep).startsWith(target + sep)) {
    throw new BadOutput(`${what} holds a symbolic link out of the step's folder: ${path} -> ${target}`);
  }
  rmSync(path);
  copyReadOnly(target, path);
}
