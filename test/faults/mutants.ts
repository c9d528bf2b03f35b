/**
 * Stores that do wrong, each in one way, planted into this process; the tests of the store must find each of them out. A
 * test that cannot fail shows nothing. They are planted where the store meets the disk, or in a method of it:
 * what they leave out is named in each.
 *
 * Known to be harmless, and so not here: a file that gets its name before its bytes are flushed, or is written in
 * place. What a power failure then leaves is found out when it is used, as any damage is, and made again.
 */
import type { BigIntStats } from "node:fs";
import { basename, dirname } from "node:path";
import { sha256 } from "../../runner/cache/hash.js";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { Objects } from "../../runner/store/objects/objects.js";
import { enumerateDamage } from "./damage.js";
import { fuzzStore } from "./fuzz-store.js";
import { injectFaults } from "./inject.js";

export interface Mutant {
  readonly name: string;
  /** Runs tests on it; gives what they found. */
  readonly hunt: () => Promise<readonly string[]>;
}

export const mutants: readonly Mutant[] = [
  {
    name: "documents are believed without their checksum",
    hunt: () => withDisk(right => ({ readFile: path => resealed(right.readFile(path)) }), fuzz),
  },
  {
    name: "documents are believed under any name",
    hunt: () =>
      withDisk(
        right => ({
          readFile: path => resealed(right.readFile(path), body => ({ ...body, ...namedBy(path) })),
        }),
        () => damage("swapped"),
      ),
  },
  {
    name: "artifacts are served unchecked",
    hunt: () => withMethod(Objects.prototype, "heal", () => Promise.resolve("whole"), fuzz),
  },
  {
    name: "files are known by inode and size, whatever their times say",
    hunt: () =>
      withDisk(
        right => ({ lstat: path => timeless(right.lstat(path)), stat: path => timeless(right.stat(path)) }),
        () => damage("a bit flipped at 0 "),
      ),
  },
  {
    name: "names are not flushed before what they replace goes",
    hunt: () => inject({ only: "other bytes", fault: "power-names", through: withoutFlushedNames }),
  },
  {
    name: "a write that took half counts as done",
    hunt: () => inject({ only: "new store", fault: "short", through: hasty }),
  },
];

async function fuzz(): Promise<readonly string[]> {
  return (await fuzzStore({ seed: 2, files: 300, runs: 0, calls: 0 })).failures;
}

async function damage(only: string): Promise<readonly string[]> {
  return (await enumerateDamage({ only })).failures;
}

async function inject(options: Parameters<typeof injectFaults>[0]): Promise<readonly string[]> {
  return (await injectFaults(options)).failures;
}

/** Does something while the system's disk does wrong. */
async function withDisk<T>(wrong: (right: Disk) => Partial<Disk>, act: () => Promise<T>): Promise<T> {
  const right = { ...systemDisk };
  Object.assign(systemDisk, wrong(right));
  try {
    return await act();
  } finally {
    Object.assign(systemDisk, right);
  }
}

async function withMethod<O extends object, N extends keyof O, T>(
  of: O,
  name: N,
  wrong: O[N],
  act: () => Promise<T>,
): Promise<T> {
  const right = of[name];
  of[name] = wrong;
  try {
    return await act();
  } finally {
    of[name] = right;
  }
}

type Body = Record<string, unknown>;

/** A document's bytes with the checksum that its body has; other bytes as they are. */
function resealed(bytes: Buffer, change: (body: Body) => Body = body => body): Buffer {
  const [, body] = /^\{"sha256":"[^"]*","body":(.*)\}\n$/s.exec(bytes.toString()) ?? [];
  if (body === undefined) return bytes;
  try {
    const text = JSON.stringify(change(JSON.parse(body) as Body));
    return Buffer.from(`{"sha256":"${sha256(text)}","body":${text}}\n`);
  } catch {
    return bytes; // Not JSON any more.
  }
}

/** The fields in which a document says what it is, as its path has it. */
function namedBy(path: string): Body {
  const name = basename(path, ".json");
  if (path.includes("/runs/")) return { id: name.replace(/^\d+\./, "") };
  if (path.includes("/reproductions/")) return { run: name };
  return path.includes("/past/") ? { key: basename(dirname(path)), result: name } : { key: name };
}

function timeless(stat: BigIntStats | undefined): BigIntStats | undefined {
  if (stat !== undefined) stat.mtimeNs = stat.ctimeNs = 0n;
  return stat;
}

function withoutFlushedNames(disk: Disk): Disk {
  const folders = new Set<number>();
  return {
    ...disk,
    open(path, mode) {
      const fd = disk.open(path, mode);
      if (systemDisk.stat(path)?.isDirectory() === true) folders.add(fd);
      else folders.delete(fd);
      return fd;
    },
    sync(fd) {
      if (!folders.has(fd)) disk.sync(fd);
    },
  };
}

function hasty(disk: Disk): Disk {
  return {
    ...disk,
    write(fd, bytes, offset) {
      disk.write(fd, bytes, offset);
      return bytes.length - offset;
    },
  };
}
