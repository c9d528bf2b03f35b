import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { frame, sha256 } from "../../cache/hash.js";
import type { Ignored } from "../../pipeline/files/file-source.js";
import { Digester } from "../../store/objects/digest.js";

/** What is taken of a package that is built from a folder of the user's: nothing else is there when it is built. */
export function pythonSources(folder: string): readonly string[] {
  const manifest = textOf(join(folder, "pyproject.toml"));
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && !NEVER.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // A package that is compiled may be built from anything.
  if (!PURE.test(manifest) || existsSync(join(folder, "setup.py")))
    return entries.map(({ name }) => join(folder, name));
  const isNamed = (name: string): boolean =>
    new RegExp(`["'](?:\\./)?${name.replace(/[^\w]/g, "\\$&")}(?:["'/]|\\.\\w)`).test(manifest);
  const folders = entries.filter(
    entry =>
      statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true &&
      (entry.name === "src" || existsSync(join(folder, entry.name, "__init__.py")) || isNamed(entry.name)),
  );
  const files = entries.filter(
    ({ name }) =>
      statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true &&
      (BUILD_FILES.test(name) ||
        isNamed(name) ||
        (name.endsWith(".py") && (folders.length === 0 || isNamed(name.slice(0, -3))))),
  );
  return [...folders, ...files].map(({ name }) => join(folder, name));
}

/** Build backends that compile nothing by themselves. */
const PURE = /build-backend\s*=\s*["'](?:hatchling|setuptools|flit|poetry|pdm|uv_build)/;
const BUILD_FILES =
  /^(?:pyproject\.toml|setup\.cfg|MANIFEST\.in|README|LICEN[CS]E|NOTICE|AUTHORS|_?version\.py)/i;
const NEVER = /^(?:node_modules|__pycache__|artifacts|dist|build|.*\.egg-info|venv)$/;

/** Of each file and folder, its name relative to `base` and its content, in one digest. */
export async function digestOfSources(
  digester: Digester,
  paths: readonly string[],
  base: string,
  ignored: Ignored,
): Promise<string> {
  const fields: string[] = [];
  for (const path of paths) {
    const { type, digest } = await digester.content(path, ignored);
    fields.push(relative(base, path), type, digest);
  }
  return sha256(frame("sources", fields));
}

/** Copies of the paths below `target`, under their names relative to `base`. */
export function mirrored(
  paths: readonly string[],
  base: string,
  target: string,
  isIgnored: (path: string, folder: boolean) => boolean,
): void {
  for (const path of paths) {
    const copy = join(target, relative(base, path));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(path, copy, {
      recursive: true,
      dereference: true,
      filter: from => from === path || !isIgnored(relative(path, from), statSync(from).isDirectory()),
    });
  }
}

/** The deepest folder in which all of them lie. */
export function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...rest] = folders;
  let common = first;
  while (!rest.every(folder => folder === common || folder.startsWith(common === sep ? sep : common + sep)))
    common = dirname(common);
  return common;
}

export function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
