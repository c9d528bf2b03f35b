import { canonicalJson } from "../../cache/canonical.js";
import { sha256 } from "../../cache/hash.js";
import { byCodeUnit, isList, isObject, type Json } from "../../core/json.js";
import type { ArtifactRef } from "../../core/record.js";
import type { Disk } from "../disk.js";

/** One thing below a folder; `path` uses `/`. Folders are listed only when they are empty. */
export type TreeEntry =
  | {
      readonly path: string;
      readonly type: "file" | "executable";
      readonly digest: string;
      readonly bytes: number;
    }
  | { readonly path: string; readonly type: "folder" };

/** The text that stands for a folder; its SHA-256 is the folder's digest. Times and owners are not in it. */
export function manifestOf(entries: readonly TreeEntry[]): string {
  const sorted = [...entries].sort((a, b) => byCodeUnit(a.path, b.path));
  const rows = sorted.map((e): Json =>
    e.type === "folder" ? [e.path, e.type] : [e.path, e.type, e.digest, e.bytes],
  );
  return canonicalJson({ format: FORMAT, entries: rows });
}

export function manifestRef(manifest: string): ArtifactRef {
  let bytes = 0;
  for (const entry of parseManifest(manifest)) if (entry.type !== "folder") bytes += entry.bytes;
  return { type: "tree", digest: sha256(manifest), bytes };
}

/** The entries of a manifest. Throws when the text is not one; that its digest is right is the caller's to check. */
export function parseManifest(text: string): readonly TreeEntry[] {
  const value = JSON.parse(text) as Json;
  if (!isObject(value) || value["format"] !== FORMAT || !isList(value["entries"]))
    throw new Error("not a folder manifest");
  const entries = value["entries"].map((row): TreeEntry => {
    const [path, type, digest, bytes] = isList(row) ? row : [];
    if (typeof path !== "string" || !safePath(path))
      throw new Error(`a manifest names the path ${JSON.stringify(path)}`);
    if (type === "folder") return { path, type };
    if (
      (type !== "file" && type !== "executable") ||
      typeof digest !== "string" ||
      !/^[0-9a-f]{64}$/.test(digest) ||
      typeof bytes !== "number"
    ) {
      throw new Error(`the manifest entry ${path} is malformed`);
    }
    return { path, type, digest, bytes };
  });
  refuseClashes(entries);
  return entries;
}

/** No path twice, and nothing below what is a file or an empty folder: such a folder cannot be laid out. */
function refuseClashes(entries: readonly TreeEntry[]): void {
  const paths = new Set(entries.map(({ path }) => path));
  if (paths.size !== entries.length) throw new Error("a manifest names a path twice");
  for (const { path } of entries)
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
      if (paths.has(path.slice(0, at))) throw new Error(`a manifest names ${path} below what is no folder`);
}

/** What each folder of a tree holds, by its path in the tree (`""`: the tree itself). */
export function namesByFolder(entries: readonly TreeEntry[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>([["", new Set()]]);
  const within = (folder: string): Set<string> => {
    const known = names.get(folder) ?? new Set<string>();
    names.set(folder, known);
    return known;
  };
  for (const { path, type } of entries) {
    if (type === "folder") within(path);
    for (let child = path; child !== "";) {
      const at = child.lastIndexOf("/");
      const parent = child.slice(0, Math.max(0, at));
      const siblings = within(parent);
      const name = child.slice(at + 1);
      // So are all above it.
      if (siblings.has(name)) break;
      siblings.add(name);
      child = parent;
    }
  }
  return names;
}

const FORMAT = "vistas.tree.1";

/** Bytes: more than the names of any folder that could be laid out. */
export const MOST_MANIFEST = 2n ** 28n;

/** The text of a manifest file; nothing for what is not there, no file, or larger than any manifest. Throws what the disk says. */
export function manifestText(disk: Disk, file: string): string | undefined {
  const stat = disk.lstat(file);
  return stat?.isFile() === true && stat.size <= MOST_MANIFEST ? disk.readFile(file).toString() : undefined;
}

/** Relative, inside the folder, and without the characters that end a path early. */
export function safePath(path: string): boolean {
  return (
    path !== "" &&
    !path.includes("\0") &&
    path.split("/").every(part => part !== "" && part !== "." && part !== "..")
  );
}
