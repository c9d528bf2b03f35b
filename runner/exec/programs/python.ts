import { basename, dirname, join, resolve } from "node:path";
import type { Ignored } from "../../pipeline/files/file-source.js";
import type { JsonObject } from "../../core/json.js";
import { type Contents, entriesOf, isFolder, Items, realPath, textOf, upwards } from "./folders.js";
import { textIn, textsIn, type Interpreter, type Surroundings } from "./interpreter.js";

/** CPython and PyPy, asked by `python -c`: its version, and what lies on its `sys.path`. */
export const python: Interpreter = {
  args: () => ["-c", QUESTION],
  guards,
  executable: answer => textIn(answer, "executable"),
  version: answer => textIn(answer, "version"),
  build: answer => textIn(answer, "build"),
  places: placesOf,
  packages: packagesOf,
};

const QUESTION = `
import sys, json
def call(module, name, *args):
    try:
        value = getattr(__import__(module), name)(*args)
        return value if isinstance(value, list) else [value]
    except Exception:
        return []
print(json.dumps({
    "version": sys.version.split()[0], "build": sys.version, "executable": sys.executable, "prefix": sys.prefix,
    "path": sys.path, "standard": call("sysconfig", "get_path", "stdlib") + call("sysconfig", "get_path", "platstdlib"),
    "sites": call("site", "getsitepackages") + call("site", "getusersitepackages"),
}))
`;

/** What decides which Python a shim starts, in the folders above the one that it is started in. */
const VERSION_FILES = [".python-version", ".tool-versions", "mise.toml", ".mise.toml", ".config/mise.toml"];

function guards(answer: JsonObject, { cwd, env }: Surroundings): readonly string[] {
  const [path, sites] = [textsIn(answer, "path"), textsIn(answer, "sites")];
  const folders = [...new Set([...path, ...sites])].filter(entry => entry.startsWith("/"));
  const home = env["HOME"] ?? "/";
  const root = env["PYENV_ROOT"] ?? join(home, ".pyenv");
  const prefix = textIn(answer, "prefix");
  return [
    textIn(answer, "executable"),
    ...["pyvenv.cfg", "conda-meta"].map(name => join(prefix, name)),
    ...folders,
    ...folders.flatMap(whatLeadsOn),
    ...[...upwards(cwd), home].flatMap(folder => VERSION_FILES.map(name => join(folder, name))),
    ...[join(root, "version"), join(home, ".config/mise/config.toml")],
  ];
}

/** The interpreter's own folders, those on the path, and what editable packages lead to. */
function placesOf(answer: JsonObject): readonly string[] {
  const prefix = textIn(answer, "prefix");
  const [path, standard] = [textsIn(answer, "path"), textsIn(answer, "standard")];
  const executable = realPath(textIn(answer, "executable"));
  // `PREFIX/lib/python3.11`
  const homes = standard.map(folder => dirname(dirname(folder)));
  const prefixes = [prefix, ...homes, dirname(dirname(executable))].filter(folder => folder.length > 1);
  const own = prefixes.flatMap(folder => OWN.map(name => join(folder, name)));
  const led = path.flatMap(site =>
    entriesOf(site).flatMap(({ name }) => {
      if (/^__editable__.*\.py$/.test(name))
        return mappingOf(textOf(join(site, name)) ?? "").flatMap(([, target]) => [target, `${target}.py`]);
      const direct = textOf(join(site, name, "direct_url.json"));
      return direct === undefined ? [] : (editableSource(direct) ?? []);
    }),
  );
  return [...own, ...path.filter(entry => entry.startsWith("/")), ...textsIn(answer, "sites"), ...led];
}

const OWN = ["lib", "lib64", "bin", "include", "share", "pyvenv.cfg", "conda-meta", "etc", "ssl"];

/** What may add to the path: `.pth` files, the folders that they name (Python passes over those that are not there), and code. */
function whatLeadsOn(folder: string): string[] {
  const files = entriesOf(folder).flatMap(({ name }) => (name.endsWith(".pth") ? [join(folder, name)] : []));
  const lines = files.flatMap(file => (textOf(file) ?? "").split(/\r?\n/).map(line => line.trim()));
  const named = lines.filter(line => line !== "" && !/^(?:#|import[ \t])/.test(line));
  const imported = lines.flatMap(line => /^import[ \t]+(\w+)/.exec(line)?.[1] ?? []);
  return [
    ...files,
    ...named.map(path => resolve(folder, path)),
    ...["sitecustomize", "usercustomize", ...imported].flatMap(name =>
      [`${name}.py`, `${name}/__init__.py`].map(file => join(folder, file)),
    ),
  ];
}

/**
 * Names and versions of installed packages; of what is installed from a folder (editable) and of loose modules the
 * content. The standard library is the interpreter's own.
 */
async function packagesOf(answer: JsonObject, { contents, script }: Surroundings): Promise<string> {
  const items = new Items();
  // The folder of the script comes first.
  if (script !== undefined)
    await addModules(dirname(script), items, contents, name => name !== basename(script));
  const standard = new Set(
    textsIn(answer, "standard").flatMap(folder => [folder, join(folder, "lib-dynload")]),
  );
  const paths = textsIn(answer, "path");
  let mark = "";
  for (const entry of paths) {
    if (!entry.startsWith("/") || standard.has(entry)) continue;
    if (!isFolder(entry)) {
      // A zip or egg.
      if (textOf(entry) !== undefined) items.add(basename(entry), await contents.of(entry));
    } else if (isSite(entry)) {
      await addSite(entry, paths, items, contents);
      mark = AFTER;
    } else await addModules(entry, items, contents, () => true, mark);
  }
  // Another build of the same version, and libraries that are no Python packages.
  for (const { name } of entriesOf(join(textIn(answer, "prefix"), "conda-meta"))) {
    const [, called, version] = /^(.+)-([^-]+-[^-]+)\.json$/.exec(name) ?? [];
    if (called !== undefined && version !== undefined) items.add(`conda:${called}`, version);
  }
  return items.text();
}

/** Of a module behind what is installed, which wins over it, and of one that some loader may find or not. */
const [AFTER, LOADED] = [";after", ";loaded"];

function isSite(folder: string): boolean {
  return (
    /^(?:site|dist)-packages$/.test(basename(folder)) ||
    entriesOf(folder).some(({ name }) => name.endsWith(".dist-info"))
  );
}

interface Distribution {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

async function addSite(
  site: string,
  paths: readonly string[],
  items: Items,
  contents: Contents,
): Promise<void> {
  const names = entriesOf(site).map(({ name }) => name);
  const distributions = names.flatMap(name => distributionIn(site, name) ?? []);
  // Where editable packages lie, and where Python is led to.
  const [sources, led]: [string[], string[]] = [[], [...paths]];
  for (const { name, version, folder } of distributions) {
    const direct = textOf(join(folder, "direct_url.json"));
    items.add(name, version + (direct === undefined ? "" : originText(direct, folder, contents)));
    const source = direct === undefined ? undefined : editableSource(direct);
    if (source !== undefined) sources.push(source);
  }
  for (const name of names) {
    const path = join(site, name);
    if (/^__editable__.*_finder\.py$/.test(name) || /^__editable___.*\.py$/.test(name))
      for (const [module, target] of mappingOf(textOf(path) ?? "")) {
        await addModule(module, target, items, contents);
        led.push(target);
      }
    else if (name.endsWith(".pth") && !name.startsWith("__editable__")) {
      const code = (textOf(path) ?? "").split(/\r?\n/).filter(line => /^import[ \t]/.test(line));
      if (code.length > 0) items.add(name, contents.text(code.join("\n")));
    }
  }
  // A loader of another kind leads there: then all that could be meant counts.
  for (const source of sources.filter(one => !led.some(place => `${place}/`.startsWith(`${one}/`))))
    for (const root of [source, join(source, "src")])
      await addModules(root, items, contents, () => true, LOADED);
  const owned = ownedNames(names, distributions);
  await addModules(site, items, contents, name => !owned(name));
}

/** `numpy-1.26.4.dist-info`, `six.egg-info` (a file or folder), `x.egg`. */
function distributionIn(site: string, entry: string): Distribution | undefined {
  const [, stem = "", kind] = /^(.+)\.(dist-info|egg-info|egg)$/.exec(entry) ?? [];
  if (kind === undefined) return undefined;
  const path = join(site, entry);
  const folder = kind === "egg" ? join(path, "EGG-INFO") : path;
  const metadata =
    textOf(join(folder, kind === "dist-info" ? "METADATA" : "PKG-INFO")) ??
    (isFolder(path) ? "" : textOf(path));
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(.*?)[ \\t\\r]*$`, "m").exec(metadata ?? "")?.[1];
  const [named = stem, numbered = ""] = stem.split("-");
  const name = (field("Name") ?? named).toLowerCase().replace(/[-_.]+/g, "-");
  return { name, version: field("Version") ?? numbered, folder };
}

/** Of a package that came from a folder, a file or version control, whose version need not change with its content. */
function originText(direct: string, folder: string, contents: Contents): string {
  const commit = /"commit_id"\s*:\s*"([0-9a-f]+)"/.exec(direct)?.[1];
  if (commit !== undefined) return `@${commit.slice(0, 12)}`;
  if (editableSource(direct) !== undefined) return "(editable)";
  // What it installed, but for scripts, which name the interpreter's place, and notes on the installing itself.
  const record = textOf(join(folder, "RECORD"))?.split("\n") ?? [];
  const own = record.filter(line => !line.startsWith("../") && !line.startsWith(`${basename(folder)}/`));
  return `+${contents.text(own.sort().join("\n"))}`;
}

/** The folder that an editable package is installed from. */
function editableSource(direct: string): string | undefined {
  if (!/"editable"\s*:\s*true/.test(direct)) return undefined;
  const url = /"url"\s*:\s*"file:\/\/([^"]+)"/.exec(direct)?.[1];
  return url === undefined ? undefined : decodeURIComponent(url).replace(/\/+$/, "");
}

/** `MAPPING: dict[str, str] = {'pkg': '/home/me/pkg/src/pkg'}` of setuptools' editable installs. */
function mappingOf(finder: string): [string, string][] {
  const mapping = /^MAPPING\b[^=]*=\s*\{(.*)\}\s*$/m.exec(finder)?.[1] ?? "";
  return [...mapping.matchAll(/(['"])(.*?)\1\s*:\s*(['"])(.*?)\3/g)].map(match => [
    match[2] ?? "",
    match[4] ?? "",
  ]);
}

async function addModule(module: string, target: string, items: Items, contents: Contents): Promise<void> {
  const add = async (name: string, path: string): Promise<void> =>
    items.addModule(dirname(target), module, name, await contents.of(path));
  if (isFolder(target)) await add(`${module}/`, target);
  else if (textOf(`${target}.py`) !== undefined) await add(`${module}.py`, `${target}.py`);
}

/** Whether a distribution says that a top-level name is its own. Files are read only for names that it is not called. */
function ownedNames(
  names: readonly string[],
  distributions: readonly Distribution[],
): (name: string) => boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "_");
  const called = new Set(distributions.map(({ name }) => plain(name)));
  const open = names.filter(name => isModule(name) && !called.has(plain(moduleName(name))));
  const listed = new Set<string>();
  for (const { folder } of open.length === 0 ? [] : distributions) {
    const top = textOf(join(folder, "top_level.txt"));
    for (const line of top?.split(/\r?\n/) ?? []) listed.add(line.trim());
    if (top !== undefined && !open.every(name => listed.has(moduleName(name)))) continue;
    if (top === undefined)
      for (const [, first = ""] of (textOf(join(folder, "RECORD")) ?? "").matchAll(/^"?([^/,"\n]+)/gm))
        listed.add(moduleName(first));
  }
  return name => called.has(plain(moduleName(name))) || listed.has(moduleName(name));
}

/** Modules and packages of a folder on `sys.path`, by content. */
async function addModules(
  folder: string,
  items: Items,
  contents: Contents,
  wanted: (name: string) => boolean,
  mark = "",
): Promise<void> {
  const add = async (name: string, path: string, ignored?: Ignored): Promise<void> =>
    items.addModule(folder, moduleName(name), name, `${await contents.of(path, ignored)}${mark}`);
  for (const { name } of entriesOf(folder)) {
    if (!isModule(name) || !wanted(name) || SKIPPED.has(name)) continue;
    const path = join(folder, name);
    if (!isFolder(path)) {
      if (FILE.test(name)) await add(name, path);
    } else if (isFolder(path) && !FILE.test(name)) {
      if (hasInit(path)) await add(`${name}/`, path);
      // A namespace: of it only the modules count, for it may hold anything else as well.
      else if (holdsModules(path, 3))
        await add(`${name}/`, path, (below, isBelow) =>
          isBelow ? !/^\w+$/.test(basename(below)) || SKIPPED.has(basename(below)) : !FILE.test(below),
        );
    }
  }
}

const FILE = /\.(?:py|pyc|so|pyd)$/;
/** Folders that hold modules of others. */
const SKIPPED = new Set(["node_modules", "__pycache__", "site-packages", "artifacts"]);

/** Whether `import` could mean it. */
function isModule(name: string): boolean {
  return (
    /^[^\W\d]\w*$/u.test(name) ||
    (FILE.test(name) && /^[^\W\d]/u.test(name) && !name.startsWith("__editable__"))
  );
}

function moduleName(name: string): string {
  return name.split(/[./]/, 1)[0] ?? name;
}

function hasInit(folder: string): boolean {
  return entriesOf(folder).some(({ name }) => /^__init__\.(?:py|pyc|.*so)$/.test(name));
}

function holdsModules(folder: string, depth: number): boolean {
  const entries = entriesOf(folder);
  if (entries.some(({ name }) => name === "pyvenv.cfg")) return false;
  return (
    entries.some(({ name }) => FILE.test(name)) ||
    (depth > 1 &&
      entries.some(
        one => one.isDirectory() && isModule(one.name) && holdsModules(join(folder, one.name), depth - 1),
      ))
  );
}
