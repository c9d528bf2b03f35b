import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { systemClock } from "../../runner/core/clock.js";
import { Checkout } from "../../runner/store/checkout/checkout.js";
import type { Difference } from "../../runner/store/checkout/comparison.js";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { UserCache } from "../../runner/store/memory/user-cache.js";
import { Store } from "../../runner/store/store.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

/** A folder by paths: a text is a file, nothing an empty folder. */
type Tree = Readonly<Record<string, string | null>>;

function lay(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (text === null) mkdirSync(join(folder, path), { recursive: true });
    else writeFileSync(join(folder, path), text);
  }
}

function treeIn(folder: string): Tree {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const rows = entries.flatMap((entry): [string, string | null][] => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) return [[path.slice(folder.length + 1), readFileSync(path, "utf8")]];
    return readdirSync(path).length === 0 ? [[path.slice(folder.length + 1), null]] : [];
  });
  return Object.fromEntries(rows.sort());
}

/** One store, into which trees are taken, and one target. */
class Desk {
  readonly folder = tempFolder();
  readonly to = join(this.folder, "out", "t");
  #count = 0;

  store(disk: Disk = systemDisk): Store {
    const cache = new UserCache(join(this.folder, "cache"));
    return new Store(join(this.folder, "store"), systemClock, disk, cache);
  }

  async compare(tree: Tree, disk?: Disk): Promise<{ checkout: Checkout; difference: Difference }> {
    const made = join(this.folder, `made-${this.#count++}`);
    lay(made, tree);
    // Nobody waits for the flushes of these.
    const ref = await this.store({ ...systemDisk, syncLater: () => Promise.resolve() }).objects.take(made);
    const store = this.store(disk);
    const checkout = new Checkout(store);
    const artifact = { ref, from: store.objects.path(ref) };
    return { checkout, difference: await checkout.compare({ to: this.to, artifact }) };
  }

  async bring(tree: Tree, disk?: Disk): Promise<Difference> {
    const { checkout, difference } = await this.compare(tree, disk);
    await checkout.bring(difference);
    return difference;
  }
}

describe("a checkout over what is there", () => {
  const name = fc.constantFrom("a", "b", "c", "n".repeat(250));
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join("/"));
  const tree = fc.dictionary(path, fc.constantFrom("", "x", "y"), { maxKeys: 8 }).map((files): Tree => {
    // Nothing lies below a file.
    const paths = Object.keys(files);
    return Object.fromEntries(
      Object.entries(files).filter(([at]) => !paths.some(other => other.startsWith(`${at}/`))),
    );
  });

  it("makes any tree that a checkout left into any other, and takes nothing of it for the user's", async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (before, after) => {
        const desk = new Desk();
        await desk.bring(before);
        const { foreign } = await desk.bring(after);
        expect(foreign).toEqual([]);
        expect(treeIn(desk.to)).toEqual(after);
        rmSync(desk.folder, { recursive: true });
      }),
      { numRuns: 25 },
    );
  });

  it("names every file of the user's that would be lost, and no other", async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, tree, async (before, users, after) => {
        const desk = new Desk();
        await desk.bring(before);
        rmSync(desk.to, { recursive: true });
        // The user has put a tree of his own there: what is equal to what a checkout wrote is not lost.
        lay(desk.to, users);
        const { difference, checkout } = await desk.compare(after);
        const lost = Object.entries(users).filter(
          ([at, text]) => text !== null && after[at] !== text && before[at] !== text,
        );
        expect([...difference.foreign].sort()).toEqual(lost.map(([at]) => join(desk.to, at)).sort());
        await checkout.bring(difference);
        const files = Object.entries(treeIn(desk.to)).filter(([, text]) => text !== null);
        expect(Object.fromEntries(files)).toEqual(after);
        rmSync(desk.folder, { recursive: true });
      }),
      { numRuns: 25 },
    );
  });

  it("leaves equal files as they are, and goes on where one was killed", async () => {
    const desk = new Desk();
    await desk.bring({ same: "1", other: "1", gone: "1" });
    const kept = statSync(join(desk.to, "same")).ctimeMs;
    let renames = 0;
    const dying: Disk = {
      ...systemDisk,
      rename: (from, to) => {
        if (to.startsWith(desk.to) && renames++ === 1) throw new Error("killed");
        systemDisk.rename(from, to);
      },
    };
    const next: Tree = { same: "1", other: "2", more: "2", most: "2" };
    await expect(desk.bring(next, dying)).rejects.toThrow("killed");
    writeFileSync(join(desk.to, ".vistas-checkout.4194304-0.tmp"), "left");
    const { foreign } = await desk.bring(next);
    expect(foreign).toEqual([]);
    expect(treeIn(desk.to)).toEqual({ same: "1", other: "2", more: "2", most: "2" });
    expect(statSync(join(desk.to, "same")).ctimeMs).toBe(kept);
  });

  it("of many files gives every one on two cores, and their modes whatever the mask of the process", async () => {
    const desk = new Desk();
    const names = Array.from({ length: 2050 }, (_, i) => [`d${i % 7}/${i}`, i === 0 ? "" : `text ${i}`]);
    const tree = Object.fromEntries(names) as Tree;
    const mask = process.umask(0o077);
    try {
      await desk.bring(tree);
    } finally {
      process.umask(mask);
    }
    expect(treeIn(desk.to)).toEqual(Object.fromEntries(Object.entries(tree).sort()));
    for (const [path] of names.slice(0, 100))
      expect(statSync(join(desk.to, path ?? "")).mode & 0o777).toBe(0o644);
  });

  it("gives nothing of an artifact that is damaged, and what can be laid out again", async () => {
    const desk = new Desk();
    const { checkout, difference } = await desk.compare({ good: "1", "sub/bad": "2" });
    const from = difference.target.artifact?.from ?? "";
    chmodSync(join(from, "sub"), 0o755);
    rmSync(join(from, "sub", "bad"));
    await checkout.bring(difference);
    expect(treeIn(desk.to)).toEqual({ good: "1", "sub/bad": "2" });

    rmSync(desk.to, { recursive: true });
    chmodSync(join(from, "good"), 0o644);
    writeFileSync(join(from, "good"), "x");
    await expect(checkout.bring(difference)).rejects.toMatchObject({ name: "DamagedFile" });
    expect(readdirSync(dirname(desk.to))).toEqual([]);
    // What is there is not touched before the artifact is known to be whole.
    lay(desk.to, { mine: "1" });
    await expect(checkout.compare(difference.target)).rejects.toMatchObject({ name: "DamagedFile" });
  });

  it("of a large file goes in pieces, between which it can be ended, and leaves nothing then", async () => {
    const desk = new Desk();
    const made = join(desk.folder, "big");
    writeFileSync(made, Buffer.alloc(9_000_000, "big"));
    const store = desk.store({
      ...systemDisk,
      clone: () => {
        throw Object.assign(new Error("no clones here"), { code: "ENOTSUP" });
      },
    });
    const ref = await store.objects.take(made);
    const artifact = { ref, from: store.objects.path(ref) };
    const abort = new AbortController();
    const checkout = new Checkout(store, "copy", abort.signal);
    const difference = await checkout.compare({ to: desk.to, artifact });
    const ended = expect(checkout.bring(difference)).rejects.toThrow("aborted");
    abort.abort();
    await ended;
    expect(readdirSync(dirname(desk.to))).toEqual([]);
    await new Checkout(store).bring(difference);
    expect(readFileSync(desk.to).equals(Buffer.alloc(9_000_000, "big"))).toBe(true);
  });
});

const FILES = `
params: { files: a b c }
steps:
  d:
    run: mkdir \${{ outputs.o }} && cd \${{ outputs.o }} && for f in a b c d; do case \${{ params.files }} in *$f*) echo $f > $f;; esac; done
    outputs: { o: out }
`;

function project(): Project {
  return new Project({ "p.yaml": FILES });
}

describe("checkout", () => {
  it("replaces what an earlier one wrote, and keeps what the user made or changed", async () => {
    const p = project();
    await p.run();
    const checkOut = (...more: string[]) => p.vistas(["checkout", "p.yaml", "d", "co", ...more]);
    expect((await checkOut()).code).toBe(0);
    await p.run(["--set", "files=a d"]);
    expect((await checkOut()).code).toBe(0);
    expect(treeIn(p.path("co"))).toEqual({ "out/a": "a\n", "out/d": "d\n" });

    p.write("co/out/notes", "mine\n").write("co/out/a", "changed\n").write("co/beside", "mine\n");
    const refused = await checkOut();
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/out\/notes[^]*--force/)]);
    expect(refused.stderr).toMatch(/out\/a\n/);
    expect(p.read("co/out/a")).toBe("changed\n");
    expect((await checkOut("--force")).code).toBe(0);
    expect(treeIn(p.path("co"))).toEqual({ beside: "mine\n", "out/a": "a\n", "out/d": "d\n" });
  });

  it("puts a file where an earlier one put a folder, and the reverse", async () => {
    const p = project();
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "d", "co"])).code).toBe(0);
    const file = "steps: { d: { run: 'echo new > ${{ outputs.o }}', outputs: { o: out } } }\n";
    p.write("p.yaml", file);
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "d", "co"])).code).toBe(0);
    expect(treeIn(p.path("co"))).toEqual({ out: "new\n" });
    p.write("p.yaml", FILES);
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "d", "co"])).code).toBe(0);
    expect(readdirSync(p.path("co", "out"))).toEqual(["a", "b", "c"]);
  });

  it("removes instances and outputs that are no more, and nothing that another call wrote", async () => {
    const steps = (seeds: string, outputs: string) => `
steps:
  s: { run: 'echo \${{ matrix.seed }} > \${{ outputs.o }}', matrix: { seed: [${seeds}] }, outputs: { ${outputs} } }
  other: { run: 'echo 1 > \${{ outputs.o }}', outputs: { o: mine } }
`;
    const p = new Project({ "p.yaml": steps("0, 1, 2", "o: one") });
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "s", "co"])).code).toBe(0);
    expect((await p.vistas(["checkout", "p.yaml", "other", "co"])).code).toBe(0);
    p.write("p.yaml", steps("0, 1", "o: renamed"));
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "s", "co"])).code).toBe(0);
    expect(treeIn(p.path("co"))).toEqual({
      mine: "1\n",
      "seed=0/renamed": "0\n",
      "seed=1/renamed": "1\n",
    });
  });

  it("refuses the store itself and what holds it, but not published/", async () => {
    const p = new Project({
      "p.yaml": "steps: { d: { run: 'mkdir ${{ outputs.o }}', outputs: { o: artifacts } } }\n",
    });
    await p.run();
    symlinkSync(p.path("artifacts"), p.path("link"));
    for (const folder of [".", "artifacts", "artifacts/objects", "link", "link/trees/x"]) {
      const { code, stderr } = await p.vistas(["checkout", "p.yaml", "d", folder, "--force"]);
      expect([folder, code]).toEqual([folder, 2]);
      expect(stderr).toMatch(/the store's own/);
    }
    expect(existsSync(p.path("artifacts", "format.json"))).toBe(true);
    expect((await p.vistas(["checkout", "p.yaml", "d", "artifacts/published/new"])).code).toBe(0);
    p.write("file", "mine\n");
    const file = await p.vistas(["checkout", "p.yaml", "d", "file/below"]);
    expect([file.code, file.stderr]).toEqual([2, expect.stringMatching(/is a file/)]);
  });

  it("gives files of one's own where an earlier one gave second names of the store's", async () => {
    const p = project();
    await p.run();
    expect((await p.vistas(["checkout", "p.yaml", "d", "co", "--link"])).code).toBe(0);
    const digest = readdirSync(p.path("artifacts", "trees"))[0] ?? "";
    const tree = p.path(
      "artifacts",
      "trees",
      digest,
      readdirSync(p.path("artifacts", "trees", digest))[0] ?? "",
    );
    // As whoever is not root gets them, on a disk that does not share blocks.
    rmSync(p.path("co", "out", "a"));
    systemDisk.link(join(tree, "a"), p.path("co", "out", "a"));
    expect((await p.vistas(["checkout", "p.yaml", "d", "co"])).code).toBe(0);
    expect(statSync(p.path("co", "out", "a")).ino).not.toBe(statSync(join(tree, "a")).ino);
    expect(statSync(p.path("co", "out", "a")).mode & 0o200).toBe(0o200);
  });

  it("says what cannot be written", async () => {
    if (process.getuid?.() === 0) return;
    const p = project();
    await p.run();
    mkdirSync(p.path("co"));
    chmodSync(p.path("co"), 0o500);
    const { code, stderr } = await p.vistas(["checkout", "p.yaml", "d", "co"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/permission denied/)]);
  });
});
