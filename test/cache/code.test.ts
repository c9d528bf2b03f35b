import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { codeDigests, type CodeHost } from "../../runner/cache/code.js";
import { TYPESCRIPT } from "../../runner/core/typescript.js";
import { sha256 } from "../../runner/cache/hash.js";
import { testOrSkip } from "../rig/skip.js";
import { tempFolder } from "../rig/temp.js";

const host: CodeHost = {
  fileDigest: path => Promise.resolve(sha256(readFileSync(path))),
  memo: { get: () => undefined, put: () => undefined },
};

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  write(folder, files);
  return folder;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const digests = (folder: string, module = "kind.js"): Promise<Record<string, string>> =>
  codeDigests(join(folder, module), host);

/** The code before and after an edit, which must differ. */
async function moves(files: Record<string, string>, edit: Record<string, string>): Promise<void> {
  const folder = folderOf(files);
  const before = await digests(folder);
  expect(await digests(folder)).toEqual(before);
  write(folder, edit);
  expect(await digests(folder)).not.toEqual(before);
}

const pack = (version: string, more: object = {}): string => JSON.stringify({ version, ...more });

describe("the code of a kind", () => {
  it.each([
    [
      "a module of a module",
      'import "./a.js";',
      { "a.js": 'export * from "./b.js";', "b.js": "1" },
      { "b.js": "2" },
    ],
    ["what it requires", 'const a = require("./a.cjs");', { "a.cjs": "1" }, { "a.cjs": "2" }],
    ["data beside it", 'new URL("./a.json", import.meta.url);', { "a.json": "1" }, { "a.json": "2" }],
    [
      "data named in backticks",
      "new URL(`./a.json`, import.meta.url);",
      { "a.json": "1" },
      { "a.json": "2" },
    ],
    [
      "imported JSON",
      'import a from "./a.json" with { type: "json" };',
      { "a.json": "1" },
      { "a.json": "2" },
    ],
    ["what it resolves", 'import.meta.resolve("./a.js");', { "a.js": "1" }, { "a.js": "2" }],
    [
      "what it requires under no name",
      'createRequire(import.meta.url)("./a.cjs");',
      { "a.cjs": "1" },
      { "a.cjs": "2" },
    ],
    [
      "a file without an ending",
      'require("./a");',
      { a: 'require("./b.cjs")', "b.cjs": "1" },
      { "b.cjs": "2" },
    ],
    [
      "a package's version",
      'import "p";',
      { "node_modules/p/package.json": pack("1.0.0") },
      { "node_modules/p/package.json": pack("1.0.1") },
    ],
    [
      "the version of a package below a package",
      'import "@s/p/sub";',
      {
        "node_modules/@s/p/package.json": pack("1.0.0", { dependencies: { q: "*" } }),
        "node_modules/q/package.json": pack("1.0.0"),
      },
      { "node_modules/q/package.json": pack("1.0.1") },
    ],
    ...(["node_modules", "lib/node_modules"] as const).map(
      (place): [string, string, Record<string, string>, Record<string, string>] => [
        `either version of a package that two modules find in two places: ${place}`,
        'import "p"; import "./lib/a.js"; import "./lib/b.js";',
        {
          "node_modules/p/package.json": pack("1.0.0"),
          "lib/node_modules/p/package.json": pack("2.0.0"),
          ...{ "lib/a.js": 'import "p";', "lib/b.js": 'import "p";' },
        },
        { [`${place}/p/package.json`]: pack("3.0.0") },
      ],
    ),
  ])("moves with %s", async (_, text, files: Record<string, string>, edit: Record<string, string>) => {
    await moves({ "kind.js": text, ...files }, edit);
  });

  it("moves with a package that is linked in, whose version says nothing", async () => {
    const folder = folderOf({
      "project/kind.js": 'import "mine";',
      "mine/package.json": pack("1.0.0", { main: "index.js" }),
      "mine/index.js": 'require("./deep.js")',
      "mine/deep.js": "1",
    });
    mkdirSync(join(folder, "project/node_modules"));
    symlinkSync("../../mine", join(folder, "project/node_modules/mine"));
    const before = await digests(folder, "project/kind.js");
    write(folder, { "mine/deep.js": "2" });
    expect(await digests(folder, "project/kind.js")).not.toEqual(before);
  });

  it("names a package by every name that it is imported by", async () => {
    const files = { "node_modules/p/package.json": pack("1.0.0"), "kind.js": 'import "p"; import "q";' };
    const folder = folderOf(files);
    symlinkSync("p", join(folder, "node_modules/q"));
    expect(await digests(folder)).toMatchObject({ "package p": "1.0.0", "package q": "1.0.0" });
  });

  it("is looked for beside the file that a link leads to, as Node does", async () => {
    const folder = folderOf({ "real/kind.js": 'import "./a.js";', "real/a.js": "1", "a.js": "other" });
    symlinkSync("real/kind.js", join(folder, "kind.js"));
    const before = await digests(folder);
    write(folder, { "a.js": "another" });
    expect(await digests(folder)).toEqual(before);
    write(folder, { "real/a.js": "2" });
    expect(await digests(folder)).not.toEqual(before);
  });

  it("does not depend on where it lies", async () => {
    const folder = folderOf({ "x/kind.js": 'import "./lib/a.js";', "x/lib/a.js": "1" });
    const before = await digests(folder, "x/kind.js");
    renameSync(join(folder, "x"), join(folder, "y"));
    expect(await digests(folder, "y/kind.js")).toEqual(before);
  });

  it("holds what lies behind a door of vistas, by names that say no place", async () => {
    const kind = 'import { cosineRate } from "vistas/nn";';
    const running = await digests(folderOf({ "kind.js": kind }));
    expect(Object.keys(running)).toContain("vistas/dist/steps/nn/optimisers/optimisation.js");
    expect(Object.keys(running).filter(name => !/^(vistas\/dist\/|package |kind\.js$)/.test(name))).toEqual(
      [],
    );
    expect(await digests(folderOf({ "deep/er/kind.js": kind }), "deep/er/kind.js")).toEqual(running);
    const own = {
      "node_modules/vistas/package.json": '{ "exports": { "./nn": { "default": "./dist/nn.js" } } }',
      "node_modules/vistas/dist/nn.js": "1",
    };
    await moves({ "kind.js": kind, ...own }, { "node_modules/vistas/dist/nn.js": "2" });
    const without = folderOf({ "kind.js": 'import "vistas/none";', ...own });
    await expect(digests(without)).rejects.toThrow("imports vistas/none, which the vistas in");
  });

  it("ends where modules import each other", async () => {
    const folder = folderOf({ "kind.js": 'import "./a.js";', "a.js": 'import "./kind.js";' });
    expect(Object.keys(await digests(folder))).toEqual(["a.js", "kind.js"]);
  });

  it.each([
    ["a computed path beside it", "new URL(name, import.meta.url);", /beside it/],
    ["its own folder", "readFileSync(join(import.meta.dirname, x));", /beside it/],
    ["its own folder by name", "const here = dirname(fileURLToPath(import.meta.url));", /beside it/],
    ["its own file by name", "const me = fileURLToPath(import.meta.url);", /beside it/],
    ["its own folder, as CommonJS", "readFileSync(__dirname + '/x');", /beside it/],
    ["another name for require", "const load = createRequire(import.meta.url);", /another name/],
    ["a computed name for what it makes of require", "createRequire(import.meta.url)(name);", /computed/],
    ["a computed resolve", "import.meta.resolve(name);", /computed/],
    ["an absolute path", 'import "/usr/lib/x.js";', /only relative/],
    ["a file URL", 'import "file:///usr/lib/x.js";', /only relative/],
    ["a subpath import", 'import "#x";', /only relative/],
    ["what is not there", 'import "./no.js";', /does not exist/],
  ])("that uses %s cannot be known", async (_, text, why) => {
    const folder = folderOf({ "kind.js": text });
    await expect(digests(folder)).rejects.toThrow(why);
  });

  it("may ask whether it is the program itself", async () => {
    const folder = folderOf({ "kind.js": "if (process.argv[1] === fileURLToPath(import.meta.url)) main();" });
    expect(Object.keys(await digests(folder))).toEqual(["kind.js"]);
  });

  testOrSkip(
    "that is TypeScript is the same with other types",
    TYPESCRIPT ? undefined : "this Node does not run TypeScript (22.18 does)",
    async () => {
      const folder = folderOf({
        "kind.ts": 'import { a } from "./a.ts"; f(a as number);',
        "a.ts": "export const a = 1;",
      });
      const before = await digests(folder, "kind.ts");
      expect(Object.keys(before)).toEqual(["a.ts", "kind.ts"]);
      write(folder, { "a.ts": "export const a: number = 1; // one" });
      expect(await digests(folder, "kind.ts")).toEqual(before);
      write(folder, { "a.ts": "export const a: number = 2;" });
      expect(await digests(folder, "kind.ts")).not.toEqual(before);
    },
  );

  if (!TYPESCRIPT)
    it("that is TypeScript is refused where Node does not run it", async () => {
      const folder = folderOf({ "kind.ts": 'import "./a.ts";', "a.ts": "1" });
      await expect(digests(folder, "kind.ts")).rejects.toThrow(/TypeScript/);
      rmSync(folder, { recursive: true });
    });
});
