import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isPayloadFile } from "./names.js";
import type { Payload, Place } from "./source.js";

/** How the path of a source is shown in errors (as it is, by default), and what each path that is read must satisfy. */
export interface PathRules {
  readonly shown?: string;
  /** Throws when the path, which exists, may not be read. */
  readonly check?: (path: string) => Promise<void> | undefined;
}

/**
 * A file or a folder on this machine. A folder holds its payloads by name, plain or as `.gz`; a file is the payload
 * of its own name, or the only one that is wanted. Links to files are followed as far as `rules` allow, since people
 * keep data elsewhere and the checksum vouches for the bytes; inside a folder that is itself a payload they are refused.
 */
export async function openFolder(
  path: string,
  only: boolean,
  maxBytes: number,
  rules: PathRules = {},
): Promise<Place> {
  const { shown = path } = rules;
  const kind = await kindOf(path);
  if (kind === undefined) throw new Error(`there is no ${shown}`);
  await rules.check?.(path);
  if (kind === "folder") return { read: name => readFrom(path, name, maxBytes, rules) };
  return {
    async read(name) {
      if (!only && !isPayloadFile(basename(path), name))
        throw new Error(`${shown} is a file, and not ${name}`);
      return readLimited(path, maxBytes, shown);
    },
  };
}

async function readFrom(folder: string, name: string, maxBytes: number, rules: PathRules): Promise<Payload> {
  for (const candidate of [name, `${name}.gz`]) {
    const path = join(folder, candidate);
    const kind = await kindOf(path);
    if (kind !== undefined) await rules.check?.(path);
    if (kind === "file") return readLimited(path, maxBytes, candidate);
    if (kind === "folder") return readTree(path, maxBytes, candidate);
  }
  throw new Error(`it holds neither ${name} nor ${name}.gz`);
}

async function readTree(root: string, maxBytes: number, shown: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let left = maxBytes;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      // Node has put U+FFFD for bytes that are no UTF-8, and would not find the file by that name.
      if (entry.name.includes("\uFFFD"))
        throw new Error(`${shown}/${path}: its name is not UTF-8; rename it`);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) {
        const bytes = await readLimited(join(root, path), left, `${shown}/${path}`);
        left -= bytes.length;
        files.set(path, bytes);
      } else
        throw new Error(`${shown}/${path} is a link or no plain file: a folder of data holds plain files`);
    }
  };
  await walk("");
  return files;
}

async function readLimited(path: string, maxBytes: number, shown: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxBytes)
    throw new Error(`${shown}: ${size} bytes, more than the limit of ${maxBytes} bytes left`);
  return readFile(path);
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    const stats = await stat(path);
    return stats.isDirectory() ? "folder" : stats.isFile() ? "file" : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
