import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { canonicalJson } from "../../cache/canonical.js";
import { frame, sha256 } from "../../cache/hash.js";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import type { Environment } from "../../pipeline/graph/graph.js";
import { systemDisk } from "../../store/disk.js";
import { StatCache } from "../../store/memory/stat-cache.js";
import { Digester } from "../../store/objects/digest.js";
import { Items } from "../programs/folders.js";
import { commonFolder, digestOfSources, mirrored, pythonSources, textOf } from "./local-sources.js";
import { NoEnvironment, programOn, runBuilder, withoutPython, type Recipe } from "./recipe.js";
import type { Around } from "./around.js";

type Uv = Extract<Environment, { type: "uv" }>;

/**
 * A `uv.lock`: the interpreter that uv chooses, and of the lock what is installed by it, each package by version, hashes and
 * markers; packages from folders by what they are built from. Comments and groups that are not installed do not count.
 */
export async function uvRecipe(environment: Uv, around: Around): Promise<Recipe> {
  const { host } = around;
  const { name, lock, groups, extras } = environment;
  const uv = programOn(host.env["PATH"], "uv");
  if (uv === undefined)
    throw new NoEnvironment(
      "missing-tool",
      `${name} is installed by \`uv\`, which is not on the PATH`,
      "get it: `curl -LsSf https://astral.sh/uv/install.sh | sh`, or `pipx install uv`",
    );
  const folder = dirname(lock);
  const parsed = await around.toml(lock, name);
  const manifest = await around.toml(join(folder, "pyproject.toml"), name);
  const installed = installedBy(parsed, environment);
  const python = await around.uvPython(uv, folder);
  if (python === undefined)
    throw new NoEnvironment(
      "missing-tool",
      `uv finds no Python for ${name}`,
      "install one: `uv python install` in the folder of the lock",
    );

  const local = installed.flatMap(one => localPath(one, folder) ?? []);
  const members = packagesOf(parsed).flatMap(one => localPath(one, folder) ?? []);
  const base = commonFolder([folder, ...members]);
  const sources = new Map(local.map(path => [path, isArchive(path) ? [path] : pythonSources(path)] as const));
  const items = new Items();
  for (const one of installed) {
    const path = localPath(one, folder);
    const content =
      path === undefined
        ? ""
        : await digestOfSources(host.store.digester, sources.get(path) ?? [], base, around.ignored);
    const digest = sha256(frame("locked", [canonicalJson(whatIsInstalled(one)), content])).slice(0, 16);
    const version = typeof one["version"] === "string" ? one["version"] : "";
    items.addModule(digest, nameOf(one), nameOf(one), `${version}+content:${digest}`);
  }
  const { digest, version } = await around.interpreter("python", python);
  const tool = isObject(manifest["tool"]) ? (manifest["tool"]["uv"] ?? null) : null;
  const own = textOf(join(folder, "uv.toml"));
  const settings = { tool, own: own === "" ? null : await around.toml(join(folder, "uv.toml"), name) };
  return {
    prints: [
      { name: "python", digest, ...(version !== undefined && { version }), packages: items.text(), in: name },
      {
        name: "uv (settings)",
        digest: sha256(canonicalJson({ ...settings, groups, extras, platform: PLATFORM })),
        in: name,
      },
    ],
    isOwn: program => /^python(?:3(?:\.\d+)?)?$/.test(program),
    build: async (target, signal) => {
      const mirror = `${target}.source`;
      try {
        mkdirSync(mirror);
        const taken = [...sources.values()].flat();
        const manifests = [folder, ...members].flatMap(path =>
          isArchive(path) ? [] : [join(path, "pyproject.toml")],
        );
        const others = [lock, ...(own === "" ? [] : [join(folder, "uv.toml")]), ...manifests];
        mirrored([...new Set([...taken, ...others])], base, mirror, around.ignored);
        await refuseTorn(taken, base, mirror, around);
        await runBuilder(
          `${name} cannot be built by \`uv sync\``,
          [
            ...[uv, "sync", "--frozen", "--no-default-groups", "--no-editable", "--no-progress"],
            ...groups.flatMap(group => ["--group", group]),
            ...extras.flatMap(extra => ["--extra", extra]),
            ...["--python", python, "--no-python-downloads"],
          ],
          {
            cwd: join(mirror, relative(base, folder)),
            env: { ...withoutPython(host.env), UV_PROJECT_ENVIRONMENT: target },
            signal,
          },
        );
      } finally {
        rmSync(mirror, { recursive: true, force: true });
      }
    },
  };
}

const PLATFORM = `${process.platform}-${process.arch}`;

function packagesOf({ package: packages }: JsonObject): readonly JsonObject[] {
  return isList(packages) ? packages.filter(isObject) : [];
}

/** The packages that are installed, on whichever platform: the project's dependencies, and theirs. */
function installedBy(lock: JsonObject, { name, groups, extras }: Uv): readonly JsonObject[] {
  const packages = packagesOf(lock);
  const byName = new Map<string, JsonObject[]>();
  for (const one of packages) {
    const called = nameOf(one);
    byName.set(called, [...(byName.get(called) ?? []), one]);
  }
  const found = new Set<JsonObject>();
  const seen = new Map<JsonObject, Set<string>>();
  const visit = (one: JsonObject, wanted: readonly string[], root: boolean): void => {
    const known = seen.get(one) ?? new Set();
    const fresh = ["", ...wanted].filter(extra => !known.has(extra));
    if (fresh.length === 0) return;
    seen.set(one, new Set([...known, ...fresh]));
    if (!isVirtual(one)) found.add(one);
    const optional = isObject(one["optional-dependencies"]) ? one["optional-dependencies"] : {};
    const dev = isObject(one["dev-dependencies"]) ? one["dev-dependencies"] : {};
    const lists = [
      ...(known.has("") ? [] : [one["dependencies"]]),
      ...fresh.map(extra => optional[extra]),
      ...(root ? groups.map(group => dev[group]) : []),
    ];
    for (const dependency of lists.flatMap(list => (isList(list) ? list.filter(isObject) : []))) {
      const { version, extra } = dependency;
      const named = byName.get(nameOf(dependency)) ?? [];
      const fits = named.filter(other => version === undefined || other["version"] === version);
      const asked = isList(extra) ? extra.filter(text => typeof text === "string") : [];
      for (const next of fits) visit(next, asked, false);
    }
  };
  const roots = rootsOf(lock, packages);
  for (const [what, names, where] of [
    ["group", groups, "dev-dependencies"],
    ["extra", extras, "optional-dependencies"],
  ] as const)
    for (const wanted of names)
      if (!roots.some(root => isObject(root[where]) && Object.hasOwn(root[where], wanted)))
        throw new NoEnvironment(
          "bad-environment",
          `${name} has no ${what} \`${wanted}\``,
          "name one that its pyproject.toml declares, and run `uv lock`",
        );
  for (const root of roots) visit(root, extras, true);
  return [...found];
}

/** The project; of a workspace without one, its members. */
function rootsOf({ manifest }: JsonObject, packages: readonly JsonObject[]): readonly JsonObject[] {
  const own = packages.filter(
    ({ source }) => isObject(source) && (source["virtual"] === "." || source["editable"] === "."),
  );
  if (own.length > 0) return own;
  const members = isObject(manifest) && isList(manifest["members"]) ? manifest["members"] : [];
  const named = packages.filter(({ name }) => name !== undefined && members.includes(name));
  return named.length > 0 ? named : packages;
}

function nameOf({ name }: JsonObject): string {
  return typeof name === "string" ? name : "";
}

function isVirtual({ source }: JsonObject): boolean {
  return isObject(source) && source["virtual"] !== undefined;
}

/** Where a package of the user's own lies: a folder, or an archive. */
function localPath({ source }: JsonObject, folder: string): string | undefined {
  if (!isObject(source)) return undefined;
  const path = source["editable"] ?? source["directory"] ?? source["virtual"] ?? source["path"];
  return typeof path === "string" ? join(folder, path) : undefined;
}

function isArchive(path: string): boolean {
  return /\.(?:whl|zip|gz|bz2|xz)$/.test(path);
}

/** Not when a file was uploaded, nor how large it is. */
function whatIsInstalled(one: JsonObject): Json {
  const hashOf = (file: Json | undefined): Json =>
    isObject(file) ? (file["hash"] ?? file["url"] ?? file["path"] ?? file["filename"] ?? null) : null;
  const wheels = isList(one["wheels"]) ? one["wheels"].map(hashOf) : [];
  const fields = ["name", "version", "source", "resolution-markers", "dependencies", "optional-dependencies"];
  return {
    ...Object.fromEntries(fields.flatMap(field => (one[field] === undefined ? [] : [[field, one[field]]]))),
    sdist: hashOf(one["sdist"]),
    wheels,
  };
}

/** What was copied must be what the key says. */
async function refuseTorn(
  taken: readonly string[],
  base: string,
  mirror: string,
  { host, ignored }: Around,
): Promise<void> {
  const copies = taken.map(path => join(mirror, relative(base, path)));
  const fresh = new Digester(new StatCache("", host.clock), systemDisk);
  const [before, after] = [
    await digestOfSources(host.store.digester, taken, base, ignored),
    await digestOfSources(fresh, copies, mirror, ignored),
  ];
  if (before === after) return;
  throw new NoEnvironment("bad-environment", "a package's source changed while it was built", "run again");
}
