import { beforeEach, describe, expect, it } from "@jest/globals";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../runner/core/clock.js";
import { systemDisk } from "../../runner/store/disk.js";
import { Store } from "../../runner/store/store.js";
import { UserCache, userCacheFolder } from "../../runner/store/memory/user-cache.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

let folder: string;

beforeEach(() => {
  folder = join(tempFolder(), "cache");
});

describe("a memo", () => {
  it("keeps a value for later calls, under its own name only", () => {
    const memo = new UserCache(folder).memo("modules");
    memo.put("a", 1);
    memo.put("b", 2);
    const later = new UserCache(folder).memo("modules");
    expect([later.get("a"), later.get("b"), later.get("c")]).toEqual([1, 2, undefined]);
    renameSync(join(folder, "modules/b.json"), join(folder, "modules/a.json"));
    expect([later.get("a"), later.get("b")]).toEqual([undefined, undefined]);
  });

  it("that cannot be written costs nothing but time", () => {
    writeFileSync(folder, "in the way");
    const memo = new UserCache(folder).memo("modules");
    memo.put("a", 1);
    expect(memo.get("a")).toBeUndefined();
  });

  it("keeps the newest 1,024 values when it is pruned", () => {
    const cache = new UserCache(folder);
    const memo = cache.memo("documents");
    const names = Array.from({ length: 1028 }, (_, i) => i.toString(16).padStart(64, "0"));
    for (const name of names) memo.put(name, name);
    cache.prune(new Date());
    expect(readdirSync(join(folder, "documents"))).toHaveLength(1024);
    // The file system's clock does not say which of those written in one of its ticks is older.
    expect(names.slice(512).every(name => memo.get(name) === name)).toBe(true);
  });
});

describe("the folder", () => {
  it("is made for its user alone", () => {
    expect(new UserCache(folder).folder).toBe(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("is not believed where others may write to it", () => {
    new UserCache(folder).memo("documents").put("a", 1);
    chmodSync(folder, 0o777);
    const open = new UserCache(folder);
    expect([open.folder, open.memo("documents").get("a"), open.statsFile("/x")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("holds one stat cache a store, removed by prune once the store is gone", () => {
    const root = join(tempFolder(), "store");
    const cache = new UserCache(folder);
    const file = cache.statsFile(root) ?? "";
    expect(cache.statsFile(`${root}-2`)).not.toBe(file);
    mkdirSync(root);
    cache.prune(new Date());
    expect(readdirSync(join(folder, "stores"))).toHaveLength(1);
    renameSync(root, `${root}-moved`);
    cache.prune(new Date());
    expect(existsSync(join(file, ".."))).toBe(false);
  });

  it("is VISTAS_CACHE, else the user's folder of caches", () => {
    expect(userCacheFolder({ VISTAS_CACHE: "c", HOME: "/h" }, "/w")).toBe("/w/c");
    expect(userCacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/h" }, "/w")).toBe("/x/vistas");
    expect(userCacheFolder({ XDG_CACHE_HOME: "relative", HOME: "/h" }, "/w")).toMatch(/^\/h\//);
  });
});

describe("what a clone or a handed-over store brings", () => {
  it("never decides what runs: vistas writes no memo into a store and reads none from it", async () => {
    const project = new Project({
      "p.yaml": 'steps:\n  a: { run: "echo 1 > ${{ outputs.o }}", outputs: { o: o.txt } }\n',
    });
    await project.run();
    expect(existsSync(project.path("artifacts/cache"))).toBe(false);
  });

  it("leaves a store without its user's cache as whole as before: artifacts are hashed anew", async () => {
    const project = new Project({
      "p.yaml": 'steps:\n  a: { run: "echo 1 > ${{ outputs.o }}", outputs: { o: o.txt } }\n',
    });
    await project.run();
    const env = { VISTAS_CACHE: project.path("another") };
    expect((await project.runEvents([], { env })).outcomes).toEqual({ a: "cached" });
    const store = new Store(
      project.path("artifacts"),
      systemClock,
      systemDisk,
      new UserCache(project.path("third")),
    );
    expect(store.records.get("0".repeat(64))).toBeUndefined();
  });
});
