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
  places: answer => {
    const executable = realPath(textIn(answer, "executable"));
    return [executable, join(dirname(dirname(executable)), "lib", "node_modules")];
  },
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

async function packagesOf(answer: JsonObject, { cwd, env, script, contents }: Surroundings): Promise<string> {
  const items = new Items();
  const folders = [...upwards(cwd), ...(script === undefined ? [] : upwards(dirname(realPath(script))))];
  for (const folder of folders) {
    await addPackages(join(folder, "node_modules"), "", items, contents);
    const loader = join(folder, ".pnp.cjs");
    if (textOf(loader) !== undefined) items.add(".pnp.cjs", await contents.of(loader));
  }
  const home = env["HOME"] ?? "/";
  const library = join(dirname(dirname(realPath(textIn(answer, "executable")))), "lib", "node");
  const named = (env["NODE_PATH"] ?? "").split(":");
  for (const folder of [...named, join(home, ".node_modules"), join(home, ".node_libraries"), library])
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
    if (name === ".package-lock.json") {
      for (const [place, origin] of originsOf(textOf(path) ?? "")) items.add(place, contents.text(origin));
    } else if (name === ".pnpm") {
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

/** Where npm took packages from that come from a file or version control, whose version need not change with them. */
function originsOf(lock: string): [place: string, origin: string][] {
  const packages = manifestOf(lock)["packages"];
  return Object.entries(isObject(packages) ? packages : {}).flatMap(([place, entry]) => {
    const [resolved, integrity] = ["resolved", "integrity"].map(field =>
      isObject(entry) ? textIn(entry, field) : "",
    );
    if (resolved === undefined || !/^(?:file:|git)/.test(resolved)) return [];
    const origin = resolved.startsWith("file:") ? (integrity ?? "") : resolved;
    return [[`${place.replace(/^node_modules\//, "")} (origin)`, origin]];
  });
}

function manifestOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
