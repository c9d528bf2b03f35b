import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { frame, sha256 } from "../../cache/hash.js";
import { UserFacingError } from "../../core/diagnostic.js";
import { isObject, type Json } from "../../core/json.js";
import { isCode } from "../../store/disk.js";
import type { Host } from "../host.js";

/**
 * The folder of an environment, which is built where there is none of this identity yet. It is built at its final place,
 * under a name of its own, and counts when its record is there: so a build that is killed leaves nothing that is believed, and of
 * two at the same time the first one counts for both. Environments are shared by all projects of a user; `vistas gc` removes
 * those that nothing has used for a month.
 */
export async function builtEnvironment(
  { store, clock }: Host,
  identity: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  if (store.cache.folder === undefined)
    throw new UserFacingError(
      "environments are built in the user's cache folder, and there is none that only this user can write to: set VISTAS_CACHE",
    );
  const home = join(store.cache.folder, "environments");
  const record = join(home, `${identity}.json`);
  const known = recorded(record, home);
  if (known !== undefined) {
    utimesSync(record, clock.now(), clock.now());
    return known;
  }
  mkdirSync(home, { recursive: true });
  const folder = join(home, `${identity.slice(0, 16)}-${clock.token(6)}`);
  try {
    await build(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return publish(folder, record, home);
}

/** Ours, unless another run has published one meanwhile. */
function publish(folder: string, record: string, home: string): string {
  const written = `${folder}.json`;
  writeFileSync(written, JSON.stringify({ folder: basename(folder), stamp: stampOf(folder) }), {
    flush: true,
  });
  try {
    linkSync(written, record);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    const theirs = recorded(record, home);
    if (theirs !== undefined) {
      rmSync(folder, { recursive: true, force: true });
      return theirs;
    }
    // What it names was changed or removed.
    renameSync(written, record);
  } finally {
    rmSync(written, { force: true });
  }
  return folder;
}

/** The folder that a record names, where it still holds what was installed in it. */
function recorded(record: string, home: string): string | undefined {
  if (!existsSync(record)) return undefined;
  let value: Json;
  try {
    value = JSON.parse(readFileSync(record, "utf8")) as Json;
  } catch {
    return undefined; // Cut off by a power failure.
  }
  if (!isObject(value) || typeof value["folder"] !== "string") return undefined;
  const folder = join(home, basename(value["folder"]));
  return existsSync(folder) && value["stamp"] === stampOf(folder) ? folder : undefined;
}

/** What is installed, by the names of its files: somebody may have installed more into it. */
function stampOf(folder: string): string {
  const places = [
    "bin",
    ...namesIn(join(folder, "lib")).map(name => join("lib", name, "site-packages")),
    "node_modules",
    "node_modules/.bin",
  ];
  const names = places.map(place => frame(place, namesIn(join(folder, place))));
  return sha256(frame("environment", names));
}

function namesIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .filter(name => name !== "__pycache__")
    .sort();
}
