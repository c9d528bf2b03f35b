import { lstatSync } from "node:fs";
import { join, relative } from "node:path";
import { decodeText, MAX_BYTES } from "../document/file-text.js";
import { readUserFile } from "../document/user-text.js";
import type { FileSource, Ignored } from "./file-source.js";
import { onlyMatching } from "./pattern.js";

/**
 * What tools and editors leave in folders, in gitignore's syntax. An input that is named itself always counts, whatever
 * it is called.
 */
export const IGNORED_BY_DEFAULT: readonly string[] = [
  // Caches of interpreters and of their tools, which running anything changes.
  ...["__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache"],
  // Version control.
  ...[".git", ".hg", ".svn", ".jj"],
  // Desktops.
  ...[".DS_Store", "._*", "Thumbs.db", "desktop.ini", ".directory"],
  // Locks, swap files and backups of editors: Emacs, Vim, LibreOffice, Microsoft Office, many others.
  ...[".#*", "#*#", ".*.sw[a-p]", ".~lock.*#", "~$*", "*~"],
];

/**
 * The rule for a pipeline: the defaults, then the lines of the `.vistasignore` in each of these folders, of which a later
 * line wins (`!__pycache__` makes these count again). The store never counts. Without such a file no library is loaded.
 * Throws a `UsageError` for one that is no text.
 */
export async function ignoredIn(folders: readonly string[], store?: string): Promise<Ignored> {
  const rules = await rulesIn(folders);
  const inner = store === undefined ? ".." : relative(folders[0] ?? "", store);
  if (inner === "" || inner.startsWith("..")) return rules;
  return (path, folder) => path === inner || rules(path, folder);
}

async function rulesIn(folders: readonly string[]): Promise<Ignored> {
  const files = [...new Set(folders)].map(folder => join(folder, ".vistasignore"));
  const texts = files
    .filter(file => lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    .map(file => decodeText(readUserFile(file, "", MAX_BYTES), file));
  if (texts.length === 0) return path => BY_DEFAULT.test(path.slice(path.lastIndexOf("/") + 1));
  const { default: ignore } = await import("ignore");
  // On a disk that tells cases apart, so do patterns; elsewhere the name on the disk counts.
  const rules = ignore({ ignorecase: false }).add(IGNORED_BY_DEFAULT.map(escapeHash));
  for (const text of texts) rules.add(text);
  return (path, folder) => rules.ignores(folder ? `${path}/` : path);
}

/** The rule for what lies below an input folder: patterns are relative to the project, or to a folder outside it. */
export function ignoredBelow(ignored: Ignored, source: FileSource): Ignored {
  const { path } = source;
  const home = path.startsWith("./") && path !== "./" ? `${path.slice(2)}/` : "";
  const rule = source.block?.ignored ?? ignored;
  return onlyMatching(source, home === "" ? rule : (below, folder) => rule(home + below, folder));
}

/** A `#` at the start of a line begins a comment. */
function escapeHash(pattern: string): string {
  return pattern.startsWith("#") ? `\\${pattern}` : pattern;
}

const BY_DEFAULT = new RegExp(`^(?:${IGNORED_BY_DEFAULT.map(expressionOf).join("|")})$`, "s");

/** The defaults use `*` and one range; everything else stands for itself. */
function expressionOf(pattern: string): string {
  return pattern
    .split(/(\*|\[a-p\])/)
    .map(part =>
      part === "*" ? ".*" : part === "[a-p]" ? part : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    )
    .join("");
}
