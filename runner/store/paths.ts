import type { ArtifactType } from "../core/record.js";

/**
 * Where everything lies in a store: the one module that knows. Paths are relative to the store's root, with `/`; of the
 * kinds of things, see `Item` in inventory.ts, which reads these places back.
 */
export const paths = {
  /** The bytes of a file, or the text that stands for a folder (its manifest). */
  object: (type: ArtifactType, digest: string): string => paths.blob(digest + ENDINGS[type]),
  /** The same by name in its folder: a digest and an ending. */
  blob: (name: string): string => `objects/${shard(name)}/${name}`,
  /** A folder laid out for reading. */
  tree: (digest: string): string => `trees/${shard(digest)}/${digest}`,
  /** The document of a key. */
  document: (area: "records" | "parts" | "audits", key: string): string =>
    `${area}/${shard(key)}/${key}.json`,
  /** The folder of a key's past results, and one of them. */
  pastOf: (key: string): string => `past/${shard(key)}/${key}`,
  past: (key: string, result: string): string => `${paths.pastOf(key)}/${result}.json`,
  /** The temporary outputs of a key, and one of them. It may be gone: then it is made again when it is needed. */
  interimOf: (key: string): string => `interim/${key}`,
  interim: (name: string): string => `interim/${name}`,
  runs: "runs",
  run: (number: number, id: string): string => `runs/${String(number).padStart(8, "0")}.${id}.json`,
  reproduction: (run: string): string => `reproductions/${run}.json`,
  log: (run: string, file: string): string => `logs/${run}/${file}.log`,
  report: (run: string, ending: "html" | "md"): string => `reports/${run}.${ending}`,
  /** Folders of the runs under way, and what they are making. */
  work: "work",
  locks: "locks",
  /** What failed attempts left behind, a folder an instance: nothing of it counts as a result. */
  failed: (name: string): string => `failed/${name}`,
  /** Where what lay at a path is kept for a person to look at. */
  lost: (path: string): string => `lost/${path}`,
  format: "format.json",
  ignore: ".gitignore",
} as const;

/** What the name of an object of each type ends with. */
const ENDINGS: Readonly<Record<ArtifactType, string>> = { file: "", executable: ".x", tree: ".tree" };

/** The name in `objects/` of the bytes of a file, or of the text that stands for a folder. */
export function blobName(type: ArtifactType, digest: string): string {
  return digest + ENDINGS[type];
}

/** No folder holds more than some thousands of names. */
function shard(name: string): string {
  return name.slice(0, 2);
}
