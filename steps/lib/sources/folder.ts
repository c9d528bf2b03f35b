import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isPayloadFile } from "./names.js";
import type { Payload, Place } from "./types.js";

/**
 * A file or a folder on this machine. A folder holds its payloads by name, plain or as `.gz`; a file is the payload
 * of its own name, or the only one that is wanted. Links to files are followed, since people keep data elsewhere
 * and the checksum vouches for the bytes; inside a folder that is itself a payload they are refused.
 * `shown` stands for the path in errors.
 */
export async function openFolder(
  path: string,
  only: boolean,
  maxBytes: number,
  shown = path,
): Promise<Place> {
  const kind = await kindOf(path);
  if (kind === undefined) throw new Error(`there is no ${shown}`);
  if (kind === "folder") return { read: name => readFrom(path, name, maxBytes) };
  return {
    async read(name) {
      if (!only && !isPayloadFile(basename(path), name))
        throw new Error(`${shown} is a file, and not ${name}`);
      return readLimited(path, maxBytes);
    },
  };
}

async function readFrom(folder: string, name: string, maxBytes: number): Promise<Payload> {
  for (const candidate of [join(folder, name), join(folder, `${name}.gz`)]) {
    const kind = await kindOf(candidate);
    if (kind === "file") return readLimited(candidate, maxBytes);
    if (kind === "folder") return readTree(candidate, maxBytes);
  }
  throw new Error(`it holds neither ${name} nor ${name}.gz`);
}

async function readTree(root: string, maxBytes: number): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let left = maxBytes;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) {
        const bytes = await readLimited(join(root, path), left);
        left -= bytes.length;
        files.set(path, bytes);
      } else
        throw new Error(`${join(root, path)} is a link or no plain file: a folder of data holds plain files`);
    }
  };
  await walk("");
  return files;
}

async function readLimited(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxBytes)
    throw new Error(`${path}: ${size} bytes, more than the limit of ${maxBytes} bytes left`);
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
