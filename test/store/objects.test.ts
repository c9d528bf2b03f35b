import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { systemClock } from "../../runner/core/clock.js";
import type { ArtifactRef } from "../../runner/core/record.js";
import { Store } from "../../runner/store/store.js";
import { tempFolder } from "../rig/temp.js";

let root: string;
let store: Store;
beforeEach(() => {
  root = tempFolder();
  store = new Store(root, systemClock);
});

/** Another process's view: nothing remembered but what is on disk. */
function reopened(): Store {
  store.stats.save();
  return new Store(root, systemClock);
}

async function takeFile(text: string): Promise<ArtifactRef> {
  const path = join(root, "made");
  writeFileSync(path, text);
  return store.objects.take(path);
}

async function takeTree(): Promise<ArtifactRef> {
  const path = join(root, "tree");
  mkdirSync(join(path, "sub", "deep"), { recursive: true });
  mkdirSync(join(path, "empty"));
  writeFileSync(join(path, "a.txt"), "a");
  writeFileSync(join(path, "sub", "deep", "b.txt"), "b");
  writeFileSync(join(path, "sub", "same.txt"), "a");
  writeFileSync(join(path, "run.sh"), "#!/bin/sh\n");
  chmodSync(join(path, "run.sh"), 0o755);
  return store.objects.take(path);
}

describe("a file in the store", () => {
  it("has the SHA-256 of its bytes, is read-only, and is gone from where it was", async () => {
    const ref = await takeFile("hello");
    expect(ref).toEqual({
      type: "file",
      digest: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
      bytes: 5,
    });
    expect(readFileSync(store.objects.path(ref), "utf8")).toBe("hello");
    expect(statSync(store.objects.path(ref)).mode & 0o222).toBe(0);
    expect(existsSync(join(root, "made"))).toBe(false);
    expect(await reopened().objects.check(ref)).toBe("whole");
  });

  it.each([
    ["a flipped bit", (path: string) => writeFileSync(path, "hellp")],
    ["a byte more", (path: string) => appendFileSync(path, "!")],
    ["truncation", (path: string) => writeFileSync(path, "")],
  ])("is found damaged after %s", async (_, harm) => {
    const ref = await takeFile("hello");
    chmodSync(store.objects.path(ref), 0o644);
    harm(store.objects.path(ref));
    expect(await reopened().objects.check(ref)).toBe("damaged");
  });

  it("is found damaged even if the times were set back", async () => {
    const ref = await takeFile("hello");
    const path = store.objects.path(ref);
    const { atime, mtime } = statSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, "jello");
    utimesSync(path, atime, mtime);
    expect(await reopened().objects.check(ref)).toBe("damaged");
  });

  it("that is damaged is replaced when the same bytes come again", async () => {
    const ref = await takeFile("hello");
    chmodSync(store.objects.path(ref), 0o644);
    writeFileSync(store.objects.path(ref), "hellp");
    store = reopened();
    expect(await takeFile("hello")).toEqual(ref);
    expect(await store.objects.check(ref)).toBe("whole");
  });

  it("is missing when deleted", async () => {
    const ref = await takeFile("hello");
    rmSync(store.objects.path(ref));
    expect(await reopened().objects.check(ref)).toBe("missing");
  });
});

describe("a folder in the store", () => {
  it("keeps names, bytes, empty folders and what may be executed", async () => {
    const ref = await takeTree();
    const at = store.objects.path(ref);
    expect(ref.bytes).toBe(13);
    expect(readFileSync(join(at, "sub/deep/b.txt"), "utf8")).toBe("b");
    expect(existsSync(join(at, "empty"))).toBe(true);
    expect(statSync(join(at, "run.sh")).mode & 0o111).not.toBe(0);
    expect(await reopened().objects.check(ref)).toBe("whole");
  });

  it("holds equal files once", async () => {
    const at = store.objects.path(await takeTree());
    expect(statSync(join(at, "a.txt")).ino).toBe(statSync(join(at, "sub/same.txt")).ino);
  });

  it("is laid out again when only its layout is damaged", async () => {
    const ref = await takeTree();
    rmSync(join(store.objects.path(ref), "sub"), { recursive: true });
    writeFileSync(join(store.objects.path(ref), "extra"), "");
    store = reopened();
    expect(await store.objects.check(ref)).not.toBe("whole");
    expect(await store.objects.heal(ref)).toBe("whole");
  });

  it.each(["extra", "sub/extra", "empty/extra"])(
    "is damaged by a file that is not its own: %s",
    async name => {
      const ref = await takeTree();
      writeFileSync(join(store.objects.path(ref), name), "");
      expect(await reopened().objects.check(ref)).toBe("damaged");
    },
  );

  it("is damaged by a flipped bit in a file of it, which cannot be healed", async () => {
    const ref = await takeTree();
    const file = join(store.objects.path(ref), "sub/deep/b.txt");
    chmodSync(file, 0o644);
    writeFileSync(file, "c");
    store = reopened();
    expect(await store.objects.heal(ref)).toBe("damaged");
    await store.objects.drop(ref);
    expect(await takeTree()).toEqual(ref);
    expect(await store.objects.check(ref)).toBe("whole");
  });

  it("whose manifest was swapped for another's is damaged", async () => {
    const ref = await takeTree();
    mkdirSync(join(root, "other"));
    writeFileSync(join(root, "other", "x"), "x");
    const other = await store.objects.take(join(root, "other"));
    const manifest = (r: ArtifactRef): string =>
      join(root, "objects", r.digest.slice(0, 2), `${r.digest}.tree`);
    writeFileSync(manifest(ref), readFileSync(manifest(other)));
    expect(await reopened().objects.check(ref)).toBe("damaged");
  });
});

describe("an object that is in the way of itself", () => {
  it("as a folder is damage, dropped and made again", async () => {
    const ref = await takeFile("hello");
    rmSync(store.objects.path(ref));
    mkdirSync(store.objects.path(ref));
    expect(await store.objects.check(ref)).toBe("damaged");
    await store.objects.drop(ref);
    expect(await takeFile("hello")).toEqual(ref);
    expect(await store.objects.check(ref)).toBe("whole");
  });

  it("as a second layout of the same folder does not disturb the first, which may be in use", async () => {
    const ref = await takeTree();
    const inode = statSync(store.objects.path(ref)).ino;
    const others = [reopened(), reopened(), reopened()];
    rmSync(join(store.objects.path(ref), "sub"), { recursive: true });
    // All find it damaged, all lay it out; each leaves a whole one.
    expect(await Promise.all(others.map(other => other.objects.heal(ref)))).toEqual([
      "whole",
      "whole",
      "whole",
    ]);
    expect(statSync(store.objects.path(ref)).ino).not.toBe(inode);
    expect(readdirSync(dirname(store.objects.path(ref)))).toEqual([ref.digest]);
  });
});
