import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join } from "node:path";
import { sha256 } from "../../runner/cache/hash.js";

/** One way in which a file may come to be other than it was written. */
export interface Mutation {
  readonly name: string;
  /** False where it does not apply to the file, which is then as it was. */
  apply(file: string, others: readonly string[]): boolean;
}

/** Every way at hand, each at its places: for enumerating. `others`: files of the same kind. */
export const mutations: readonly Mutation[] = [
  ...[0, 0.3, 0.7, 1].map(at => ({ name: `a bit flipped at ${at} of its length`, apply: flip(at) })),
  { name: "cut to half", apply: cut(size => Math.floor(size / 2)) },
  { name: "cut by a byte", apply: cut(size => size - 1) },
  { name: "emptied", apply: cut(() => 0) },
  {
    name: "longer by a byte",
    apply: (file: string) => rewrite(file, bytes => Buffer.concat([bytes, Buffer.from(" ")])),
  },
  { name: "all zeros", apply: (file: string) => rewrite(file, bytes => Buffer.alloc(bytes.length)) },
  { name: "deleted", apply: remove },
  { name: "swapped with another of its kind", apply: swap },
  { name: "replaced by another of its kind", apply: replace },
  {
    name: "replaced by a folder",
    apply: instead(file => mkdirSync(join(file, "in", "side"), { recursive: true })),
  },
  { name: "replaced by a link to nothing", apply: instead(file => symlinkSync("nowhere", file)) },
  { name: "replaced by a link to itself", apply: instead(file => symlinkSync(file, file)) },
  { name: "replaced by a link to a device", apply: instead(file => symlinkSync("/dev/zero", file)) },
  { name: "replaced by a link to another of its kind", apply: linkToOther },
  {
    name: "with a checksum that is right, of nonsense",
    apply: reseal(() => ({ format: 1, nonsense: true })),
  },
  { name: "of a newer format", apply: reseal(body => ({ ...body, format: 99 })) },
  { name: "of an older format", apply: reseal(body => ({ ...body, format: 0 })) },
];

/** Whether a mutation makes what another, newer or older, vistas may well have written. */
export function isForeign({ name }: Mutation): boolean {
  return name.startsWith("of a");
}

function flip(at: number): Mutation["apply"] {
  return file =>
    rewrite(file, bytes => {
      const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
      bytes.writeUInt8(bytes.readUInt8(place) ^ 4, place);
      return bytes;
    });
}

/** In place, so that every name of the file sees it; the times tell, as they do of any program that writes. */
export function rewrite(file: string, change: (bytes: Buffer) => Buffer): boolean {
  const bytes = readFileSync(file);
  if (bytes.length === 0) return false;
  unlock(file);
  writeFileSync(file, change(bytes));
  return true;
}

function cut(length: (size: number) => number): Mutation["apply"] {
  return file => {
    const { size } = lstatSync(file);
    if (size === 0) return false;
    unlock(file);
    truncateSync(file, length(size));
    return true;
  };
}

function remove(file: string): boolean {
  rmSync(file);
  return true;
}

function instead(put: (file: string) => void): Mutation["apply"] {
  return file => {
    rmSync(file);
    put(file);
    return true;
  };
}

/** One with other bytes: the same in another place are no harm. */
function unlike(file: string, others: readonly string[]): string | undefined {
  const bytes = readFileSync(file);
  return others.find(other => !readFileSync(other).equals(bytes));
}

function swap(file: string, others: readonly string[]): boolean {
  const other = unlike(file, others);
  if (other === undefined) return false;
  renameSync(file, `${file}.aside`);
  renameSync(other, file);
  renameSync(`${file}.aside`, other);
  return true;
}

function replace(file: string, others: readonly string[]): boolean {
  const other = unlike(file, others);
  if (other === undefined) return false;
  rmSync(file);
  copyFileSync(other, file);
  return true;
}

function linkToOther(file: string, others: readonly string[]): boolean {
  const other = unlike(file, others);
  if (other === undefined) return false;
  rmSync(file);
  symlinkSync(other, file);
  return true;
}

/** Writes another body with the checksum that belongs to it; applies to documents alone. */
export function reseal(change: (body: Record<string, unknown>) => unknown): Mutation["apply"] {
  return file => {
    const text = extname(file) === ".json" ? readFileSync(file, "utf8") : "";
    const [, body] = /^\{"sha256":"[0-9a-f]{64}","body":(.*)\}\n$/s.exec(text) ?? [];
    if (body === undefined) return false;
    const changed = JSON.stringify(change(JSON.parse(body) as Record<string, unknown>));
    unlock(file);
    writeFileSync(file, `{"sha256":"${sha256(changed)}","body":${changed}}\n`);
    return true;
  };
}

function unlock(file: string): void {
  chmodSync(file, 0o644);
  chmodSync(dirname(file), 0o755);
}
