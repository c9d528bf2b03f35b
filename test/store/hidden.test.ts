import { chmodSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, describe, expect, it } from "@jest/globals";
import { reading } from "../../runner/commands/call/reading.js";
import { dryRun, gc } from "../../runner/store/gc/gc.js";
import { paths } from "../../runner/store/paths.js";
import { examinersHere } from "../../runner/store/verify/examiners.js";
import { verify } from "../../runner/store/verify/verify.js";
import { livenessOf, ownerText, parseOwner, type Owner } from "../../runner/store/locks/owner.js";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { Laboratory } from "../faults/laboratory.js";

const lab = new Laboratory();
afterAll(() => lab.remove());

const QUIET = { stderr: { write: () => true }, signal: new AbortController().signal };

/** A disk on which there is no room for anything, but for other names of what is there. */
function fullDisk(): Disk {
  const refuse = (): never => {
    throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
  };
  return {
    ...systemDisk,
    open: (path, mode) => (mode === "r" ? systemDisk.open(path, mode) : refuse()),
    makeFolder: refuse,
    symlink: refuse,
    copy: refuse,
  };
}

describe("a full disk", () => {
  it("keeps nobody from reading, and is made room on by gc", async () => {
    lab.restore();
    const run = await lab.run(lab.store());
    lab.tick();
    const full = fullDisk();
    expect(await reading(QUIET, lab.store(full), () => Promise.resolve(1))).toBe(1);
    const nothing = { keepLast: 0, keep: new Set<string>(), locked: new Set<string>() };
    const { freed } = await gc(lab.store(full), nothing);
    expect(freed).toBeGreaterThan(0);
    expect(lab.store().runs.ids()).toEqual([]);
    for (const { key } of run.steps) expect(lab.store().records.get(key ?? "")).toBeUndefined();
    expect(readdirSync(join(lab.root, "work"))).toEqual([]);
  });
});

describe("a process that cannot be seen", () => {
  const own = parseOwner(ownerText("run"));

  it("is not taken for dead while there is one of its number", () => {
    if (process.platform !== "linux" || own === undefined) return;
    const fate = (change: Partial<Owner>) => livenessOf({ ...own, ...change });
    expect(fate({})).toBe("alive");
    expect(fate({ start: "1" })).toBe("gone");
    // Its start was not known to itself, or its place is not.
    expect(fate({ start: "" })).toBe("elsewhere");
    expect(fate({ place: "" })).toBe("elsewhere");
    expect(fate({ start: "", pid: 2 ** 22 + 1 })).toBe("gone");
  });
});

describe("a manifest blown up to any size", () => {
  it("is damaged, and not read", async () => {
    lab.restore();
    const run = await lab.run(lab.store());
    const { key = "" } = run.steps.find(({ step }) => step === "tree") ?? {};
    const ref = lab.store().records.get(key ?? "")?.outputs["t"];
    if (ref === undefined) throw new Error("no folder");
    chmodSync(join(lab.root, paths.object("tree", ref.digest)), 0o644);
    truncateSync(join(lab.root, paths.object("tree", ref.digest)), 2 ** 28 + 1);
    const disk: Disk = {
      ...systemDisk,
      readFile: path => {
        if (path.endsWith(".tree")) throw new Error("read");
        return systemDisk.readFile(path);
      },
    };
    const store = lab.store(disk);
    expect(await store.objects.check(ref)).toBe("damaged");
    expect(store.objects.entries(ref)).toBeUndefined();
    const nothing = { keepLast: 1, keep: new Set<string>(), locked: new Set<string>() };
    expect((await dryRun(store, nothing)).unreadable).toEqual([]);
    const { damage } = await verify(disk, lab.root, examinersHere(disk, lab.root, {}));
    expect(damage.map(({ item }) => item.kind)).toEqual(["manifest"]);
  });
});

describe("a record blown up to any size", () => {
  it("is damaged, and not read", async () => {
    lab.restore();
    const run = await lab.run(lab.store());
    const key = run.steps[0]?.key ?? "";
    truncateSync(join(lab.root, "records", key.slice(0, 2), `${key}.json`), 2 ** 28 + 1);
    const disk: Disk = {
      ...systemDisk,
      readFile: path => {
        if (path.includes(key)) throw new Error("read");
        return systemDisk.readFile(path);
      },
    };
    const store = lab.store(disk);
    expect([store.records.get(key), store.records.unusable(key)]).toEqual([undefined, "is damaged"]);
  });
});
