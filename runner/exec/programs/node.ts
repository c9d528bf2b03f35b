import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { isObject, type Json, type JsonObject } from "../../core/json.js";
import { type Contents, entriesOf, isFolder, Items, realPath, textOf, upwards } from "./folders.js";
import { textIn, type Interpreter, type Surroundings } from "./interpreter.js";

/**
 * Node and its like. A step works below the store, and so sees the `node_modules` of every folder that the store lies in:
 * those of the project, where the store is in its usual place.
 */
export const node: Interpreter = {
  args: () => ["-p", "JSON.stringify({ version: process.version, executable: process.execPath })"],
  guards: (answer, { cwd, env }) => [
    textIn(answer, "executable"),
    ...[...upwards(cwd), env["HOME"] ?? "/"].flatMap(folder => VERSION_FILES.map(name => join(folder, name))),
  ],
  executable: answer => textIn(answer, "executable"),
  version: answer => textIn(answer, "version").replace(/^v/, ""),
  build: () => "",
  packages: packagesOf,
};

/** What vistas itself runs on need not be asked. */
export const ownNode = {
  path: process.execPath,
  answer: { version: process.version, executable: process.execPath },
};

const VERSION_FILES = [
  ".node-version",
  ".nvmrc",
  ".tool-versions",
  "mise.toml",
  ".mise.toml",
  "package.json",
];

async function packagesOf(_: JsonObject, { cwd, env, script, contents }: Surroundings): Promise<string> {
  const items = new Items();
  const folders = [...upwards(cwd), ...(script === undefined ? [] : upwards(dirname(realPath(script))))];
  for (const folder of folders) {
    await addPackages(join(folder, "node_modules"), "", items, contents);
    const loader = join(folder, ".pnp.cjs");
    if (textOf(loader) !== undefined) items.add(".pnp.cjs", await contents.of(loader));
  }
  for (const folder of (env["NODE_PATH"] ?? "").split(":"))
    if (folder.startsWith("/")) await addPackages(folder, "", items, contents);
  // Whether `.js` is a module or a script.
  const nearest = [...upwards(cwd)]
    .map(folder => textOf(join(folder, "package.json")))
    .find(text => text !== undefined);
  if (nearest !== undefined)
    items.add("package.json", `type=${textIn(manifestOf(nearest), "type") || "none"}`);
  return items.text();
}

/** Packages of a `node_modules` folder, and those that they have for themselves. */
async function addPackages(folder: string, prefix: string, items: Items, contents: Contents): Promise<void> {
  for (const { name } of entriesOf(folder)) {
    const path = join(folder, name);
    if (name === ".pnpm") {
      // One folder a package and version; what lies beside it are links to these.
      for (const entry of entriesOf(path)) items.add(`.pnpm/${entry.name}`, "installed");
    } else if (name.startsWith("@")) await addPackages(path, `${prefix}${name}/`, items, contents);
    else if (!name.startsWith(".")) await addPackage(path, `${prefix}${name}`, items, contents);
  }
}

async function addPackage(path: string, name: string, items: Items, contents: Contents): Promise<void> {
  const text = textOf(join(path, "package.json"));
  const version = textIn(manifestOf(text ?? ""), "version");
  if (
    text === undefined ||
    (lstatSync(path).isSymbolicLink() && !/[/]node_modules[/]/.test(realPath(path)))
  ) {
    // Linked from a folder of the user's, or put there by hand: the version says nothing.
    items.add(
      name,
      `${version}(linked:${await contents.of(path, below => /(?:^|[/])node_modules$/.test(below))})`,
    );
    return;
  }
  items.add(name, version);
  const own = join(path, "node_modules");
  if (isFolder(own)) await addPackages(own, `${name}>`, items, contents);
}

function manifestOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
