import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../cache/hash.js";
import { isObject } from "../../core/json.js";
import type { ArtifactRef } from "../../core/record.js";
import { isAudit } from "../records/audits.js";
import { isCode, type Disk } from "../disk.js";
import { readEnvelope } from "../records/envelope.js";
import { faultAt } from "../fault.js";
import { listIfAny } from "../files.js";
import type { Item } from "../inventory.js";
import { paths } from "../paths.js";
import { manifestText, namesByFolder, parseManifest } from "../objects/manifest.js";
import { FORMAT, formatOf, NewerFormat, readRecord, readRun } from "../records/records.js";
import { resultId } from "../records/result-id.js";
import { isReproductionShape } from "../records/shape.js";
import { disagreement, type StatedMetrics } from "./stated.js";

/** What reading one item of a store came to. Plain data: it passes between threads. */
export interface Examined {
  /** Bytes read. */
  readonly bytes: number;
  /** What is wrong with it, in words that follow its name; absent for what is as it should be. */
  readonly fault?: string;
  /** Beside a `fault`: it is of another format, neither right nor wrong. */
  readonly foreign?: true;
  /** It was removed since it was listed. */
  readonly gone?: true;
  /** Of a folder: the paths of the objects that it is made of. */
  readonly objects?: readonly string[];
  /** Of a record, past result or part: the step instance that made it, and its outputs. */
  readonly made?: Made;
}

export interface Made {
  readonly id: string;
  /** Which of the results of its key; absent in parts, and in records of before results had ids. */
  readonly result?: string;
  readonly outputs: readonly (readonly [name: string, ref: ArtifactRef])[];
}

/**
 * Reads items of a store whole and holds them against their names; nothing that was known of them before is believed.
 * A folder's files that are second names of objects are not read again: it is whole if those `objects` are.
 */
export class Examiner {
  readonly #buffer = Buffer.allocUnsafe(CHUNK);

  constructor(
    private readonly disk: Disk,
    private readonly root: string,
    private readonly stated: StatedMetrics,
    /** Told of bytes as they are read. */
    private readonly onBytes: (bytes: number) => void = () => undefined,
  ) {}

  /** Throws what the system says of this process (too many open files), not of the item. */
  examine(item: Item): Examined {
    const path = join(this.root, item.path);
    try {
      const stat = this.disk.lstat(path);
      if (stat === undefined) return GONE;
      if (item.kind === "tree")
        return stat.isDirectory() ? this.#tree(path, item.name) : misfit(stat, "a folder");
      if (!stat.isFile()) return misfit(stat, "a file");
      if (item.kind === "object") return this.#object(item, path, stat);
      const found = item.kind === "manifest" ? this.#manifest(path, item.name) : this.#document(item, path);
      this.onBytes(Number(stat.size));
      return { ...found, bytes: Number(stat.size) };
    } catch (error) {
      if (error instanceof NewerFormat) return { bytes: 0, fault: error.why, foreign: true };
      if (isCode(error, "ENOENT", "ENOTDIR", "ESTALE")) return GONE;
      if (!isCode(error, ...OF_THE_ITEM)) throw faultAt(error, path);
      return { bytes: 0, fault: `cannot be read (${String((error as NodeJS.ErrnoException).code)})` };
    }
  }

  #object({ name, path: relative }: Item, path: string, stat: BigIntStats): Examined {
    const bytes = Number(stat.size);
    if (this.#digest(path) !== name) return { bytes, fault: OTHER_BYTES };
    if (relative.endsWith(".x") && (stat.mode & 0o100n) === 0n)
      return { bytes, fault: "may not be executed" };
    return { bytes };
  }

  #manifest(path: string, digest: string): Omit<Examined, "bytes"> {
    const text = manifestText(this.disk, path);
    if (text === undefined || sha256(text) !== digest) return { fault: OTHER_BYTES };
    const entries = entriesOf(text);
    if (entries === undefined) return { fault: "does not describe a folder" };
    return { objects: entries.flatMap(e => (e.type === "folder" ? [] : paths.object(e.type, e.digest))) };
  }

  #tree(folder: string, digest: string): Examined {
    const manifest = manifestText(this.disk, join(this.root, paths.object("tree", digest))) ?? "";
    const entries = sha256(manifest) === digest ? entriesOf(manifest) : undefined;
    // What it should be nobody knows; that it is of no use is found where its manifest is missed.
    if (entries === undefined) return { bytes: 0 };
    const objects: string[] = [];
    let bytes = 0;
    for (const e of entries) {
      if (e.type === "folder") continue;
      const object = paths.object(e.type, e.digest);
      const [there, stat] = [this.disk.lstat(join(this.root, object)), this.disk.lstat(join(folder, e.path))];
      if (stat === undefined) return { bytes, fault: `lacks ${e.path}` };
      if (there?.ino === stat.ino && there.dev === stat.dev) {
        objects.push(object);
        continue;
      }
      bytes += Number(stat.size);
      if (!stat.isFile() || this.#digest(join(folder, e.path)) !== e.digest)
        return { bytes, fault: `holds other bytes in ${e.path}` };
      if (e.type === "executable" && (stat.mode & 0o100n) === 0n)
        return { bytes, fault: `holds ${e.path}, which may not be executed` };
    }
    for (const [parent, names] of namesByFolder(entries)) {
      const found = listIfAny(this.disk, join(folder, parent));
      if (found === undefined) return { bytes, fault: `lacks ${parent}` };
      const extra = found.find(name => !names.has(name));
      if (extra !== undefined)
        return { bytes, fault: `holds ${join(parent, extra)}, which does not belong to it` };
      if (found.length < names.size)
        return { bytes, fault: `lacks something in ${parent === "" ? "it" : parent}` };
    }
    return { bytes, objects };
  }

  #document({ kind, name, result }: Item, path: string): Omit<Examined, "bytes"> {
    if (kind === "record" || kind === "past" || kind === "part") {
      const record = readRecord(this.disk, path, name);
      if (record === undefined) return { gone: true };
      if (typeof record === "string") return unusable(record);
      const { id, outputs, result: own, ...rest } = record;
      if (result !== undefined && own !== result) return { fault: "tells of another result" };
      if (own !== undefined && resultId({ outputs, ...rest }) !== own)
        return { fault: "does not add up to its result" };
      const forged = kind === "part" ? undefined : disagreement(this.disk, this.root, record, this.stated);
      if (forged !== undefined) return { fault: forged };
      return {
        made: {
          id,
          ...(own === undefined ? {} : { result: own }),
          outputs: Object.entries(outputs).filter(([, ref]) => ref.temporary === undefined),
        },
      };
    }
    if (kind === "run") {
      const run = readRun(this.disk, path, name);
      return run === undefined ? { gone: true } : typeof run === "string" ? unusable(run) : {};
    }
    const body = readEnvelope(this.disk, path);
    if (body === undefined) return { gone: true };
    const format = formatOf(body);
    if (kind !== "format" && format !== undefined && format !== FORMAT)
      return { fault: `is of format ${format}, which this vistas does not know`, foreign: true };
    const right =
      (kind === "audit" && isAudit(body, name)) ||
      (kind === "reproduction" && isObject(body) && body["run"] === name && isReproductionShape(body)) ||
      (kind === "format" && format !== undefined);
    return right ? {} : { fault: TORN };
  }

  #digest(path: string): string {
    const hash = createHash("sha256");
    const fd = this.disk.open(path, "r");
    try {
      for (;;) {
        const count = this.disk.readSync(fd, this.#buffer);
        if (count === 0) return hash.digest("hex");
        hash.update(count === CHUNK ? this.#buffer : this.#buffer.subarray(0, count));
        this.onBytes(count);
      }
    } finally {
      this.disk.close(fd);
    }
  }
}

/** Small enough to stay in the processor's cache between reading and hashing. */
const CHUNK = 1 << 17;

const GONE: Examined = { bytes: 0, gone: true };
const OTHER_BYTES = "holds other bytes than its name says";
const TORN = "is not what was written";
const OF_THE_ITEM = ["EIO", "EACCES", "EPERM", "EISDIR", "ELOOP", "ENXIO", "EINVAL", "ERR_FS_FILE_TOO_LARGE"];

function misfit(stat: BigIntStats, expected: string): Examined {
  const type = stat.isDirectory()
    ? "a folder"
    : stat.isSymbolicLink()
      ? "a symbolic link"
      : "no regular file";
  return { bytes: 0, fault: `is ${stat.isFile() ? "a file" : type} where ${expected} belongs` };
}

/** What another version of vistas wrote is not damage. */
function unusable(why: string): Omit<Examined, "bytes"> {
  return why === "is damaged" ? { fault: TORN } : { fault: why, foreign: true };
}

function entriesOf(manifest: string): ReturnType<typeof parseManifest> | undefined {
  try {
    return parseManifest(manifest);
  } catch {
    return undefined; // The right digest, but of a text that no vistas has written.
  }
}
