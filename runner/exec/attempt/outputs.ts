import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  type BigIntStats,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { UserFacingError } from "../../core/diagnostic.js";
import { metricsFormat, type MetricsInFile, readMetrics } from "../../core/metrics/metrics-file.js";
import type { ArtifactRef } from "../../core/record.js";
import { copyReadOnly } from "./copy-inputs.js";
import { breather } from "../../store/files.js";
import type { Store } from "../../store/store.js";

/** A declared output that is not there, or is not a file or folder: the step has failed. */
export class BadOutput extends UserFacingError {
  override readonly name = "BadOutput";
}

/**
 * Looks at all that a finished step wrote, and settles it. `home`: the real path of the folder that outputs were to lie
 * in, in whose place a step may have put a link to one that is not its own. `adviceOn`: what to do about an output that is not
 * there, or nothing. Throws `BadOutput`.
 */
export async function checkOutputs(
  outputs: Readonly<Record<string, string>>,
  home: string,
  adviceOn: (name: string, path: string) => string,
): Promise<void> {
  for (const [name, path] of Object.entries(outputs)) {
    const folder = existsSync(dirname(path)) ? realpathSync.native(dirname(path)) : home;
    if (folder !== home && !folder.startsWith(home + sep))
      throw new BadOutput(
        `the output ${name} lies outside of the step's folder: ${dirname(path)} -> ${folder}`,
      );
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      const advice = adviceOn(name, path);
      throw new BadOutput(
        `the output ${name} is missing${advice === "" ? `: the step did not write ${path}` : `: ${advice}`}`,
      );
    }
    await settle(`the output ${name}`, path, dirname(path));
  }
}

/** Takes outputs that were checked into the store. Throws `BadOutput` where one was still being written meanwhile. */
export async function takeOutputs(
  store: Store,
  outputs: Readonly<Record<string, string>>,
  /** By name of the output: `KEY/NAME` of those that are temporary. */
  temporary: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<Record<string, ArtifactRef>> {
  const taken: Record<string, ArtifactRef> = {};
  const stamps = Object.entries(outputs).map(([name, path]) => ({ name, path, files: stampsOf(path) }));
  for (const { name, path, files } of stamps) {
    const interim = temporary.get(name);
    const ref =
      interim === undefined
        ? await store.objects.take(path, signal)
        : await store.objects.takeInterim(path, interim, signal);
    taken[name] = ref;
    const written = files.find(file => wasWritten(file, path, store.objects.path(ref)));
    if (written === undefined) continue;
    await store.objects.drop(ref);
    throw new BadOutput(
      `the output ${name} was still being written when the step had ended: ${join(path, written.below)}`,
    );
  }
  return taken;
}

/** A file of an output as it was before it was taken. */
interface Stamp {
  /** Its path below the output; `""` for an output that is a file. */
  readonly below: string;
  readonly stat: BigIntStats;
}

function stampsOf(path: string): Stamp[] {
  if (lstatSync(path).isFile()) return [{ below: "", stat: lstatSync(path, { bigint: true }) }];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names
    .map(below => ({ below, stat: lstatSync(join(path, below), { bigint: true }) }))
    .filter(({ stat }) => stat.isFile());
}

/** It is where it was if the store has the same bytes already, else it was moved. The store sets times back, never on. */
function wasWritten({ below, stat }: Stamp, from: string, to: string): boolean {
  const now =
    lstatSync(join(from, below), { bigint: true, throwIfNoEntry: false }) ??
    lstatSync(join(to, below), { bigint: true, throwIfNoEntry: false });
  return now?.ino === stat.ino && (now.size !== stat.size || now.mtimeNs > stat.mtimeNs);
}

/**
 * The numbers in an output called `metrics` that is a JSON or YAML file, by dotted name: how a `run:` step reports
 * results. One that cannot be read is no reason to throw away what else the step made: it gives none, and says so.
 */
export async function metricsFrom(outputs: Readonly<Record<string, string>>): Promise<MetricsInFile> {
  const file = outputs["metrics"];
  const format = file === undefined ? undefined : metricsFormat(file);
  if (file === undefined || format === undefined) return NO_METRICS;
  if (!lstatSync(file).isFile())
    return {
      ...NO_METRICS,
      fault: "the output metrics was kept, but it is no file, so the step has no metrics",
    };
  const { yamlTree } = format === "yaml" ? await import("../../core/metrics/yaml-tree.js") : NO_YAML;
  const read = readMetrics(readFileSync(file), format, yamlTree);
  if (read.clash !== undefined) throw new BadOutput(read.clash);
  return read;
}

export const NO_METRICS: MetricsInFile = { metrics: {}, curves: {}, remarks: [] };
const NO_YAML = { yamlTree: () => undefined };

/**
 * Makes what a step wrote fit to be kept: files and folders alone, all of them readable. A symbolic link to something
 * within `home` is replaced by what it leads to. `what` begins the message of a `BadOutput`.
 */
export async function settle(what: string, path: string, home: string, breath = breather()): Promise<void> {
  await breath();
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    if ((stat.mode & 0o700) !== 0o700) chmodSync(path, stat.mode | 0o700);
    for (const entry of readdirSync(path)) {
      // What is no text is read as this character.
      if (entry.includes("\uFFFD"))
        throw new BadOutput(`${what} holds a name that is not UTF-8: ${path}/${entry}`);
      await settle(what, join(path, entry), home, breath);
    }
  } else if (stat.isFile()) {
    if ((stat.mode & 0o400) === 0) chmodSync(path, stat.mode | 0o400);
  } else if (stat.isSymbolicLink()) {
    await follow(what, path, home);
  } else {
    throw new BadOutput(`${what} is neither a file nor a folder: ${path}`);
  }
}

async function follow(what: string, path: string, home: string): Promise<void> {
  const target = existsSync(path) ? realpathSync.native(path) : undefined;
  if (target === undefined) throw new BadOutput(`${what} holds a symbolic link to nothing: ${path}`);
  if ((realpathSync.native(dirname(path)) + sep).startsWith(target + sep))
    throw new BadOutput(`${what} holds a symbolic link to a folder that it lies in: ${path} -> ${target}`);
  if (!target.startsWith(realpathSync.native(home) + sep))
    throw new BadOutput(`${what} holds a symbolic link out of the step's folder: ${path} -> ${target}`);
  rmSync(path);
  await copyReadOnly(target, path);
}
