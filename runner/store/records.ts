import { join } from "node:path";
import { byCodeUnit, isObject, type Json } from "../core/json.js";
import type { RunRecord, StepRecord } from "../core/record.js";
import type { Disk } from "./disk.js";
import { readEnvelope, writeEnvelope } from "./envelope.js";
import { fsyncName, listIfAny, remove, writeDisposable } from "./files.js";

/** Something that a later version of vistas wrote: neither read nor overwritten. */
export class NewerFormat extends Error {
  override readonly name = "NewerFormat";
  constructor(file: string, format: number) {
    super(
      `${file} was written by a newer vistas (format ${format}; this one knows ${FORMAT}): ` +
        "use that version, or another store (--root DIR)",
    );
  }
}

/** Records by key: `<folder>/<2>/<key>.json`. A record is written after its outputs are in the store. */
export class Records {
  readonly #known = new Map<string, StepRecord | undefined>();

  constructor(
    private readonly folder: string,
    private readonly disk: Disk,
  ) {}

  /** Nothing for a key that was never made; a damaged record is dropped, so that its step runs again. */
  get(key: string): StepRecord | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    const record = readRecord(this.disk, this.#file(key), key);
    this.#known.set(key, record);
    return record;
  }

  put(record: StepRecord): void {
    writeEnvelope(this.disk, this.#file(record.key), record);
    this.#known.set(record.key, record);
  }

  /** From then on a power failure cannot take the record back. */
  flushName(key: string): void {
    fsyncName(this.disk, this.#file(key));
  }

  /** Whether the record's file is there now, whatever was known of it. */
  has(key: string): boolean {
    return this.disk.lstat(this.#file(key)) !== undefined;
  }

  drop(key: string): void {
    remove(this.disk, this.#file(key));
    this.#known.delete(key);
  }

  /** The next `get` reads the disk again. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Every key with a record. */
  keys(): string[] {
    return (listIfAny(this.disk, this.folder) ?? []).flatMap(shard =>
      (listIfAny(this.disk, join(this.folder, shard)) ?? [])
        .filter(name => name.endsWith(".json"))
        .map(name => name.slice(0, -".json".length)),
    );
  }

  #file(key: string): string {
    return join(this.folder, key.slice(0, 2), `${key}.json`);
  }
}

/** Past runs, one file each; their ids sort by time. */
export class Runs {
  constructor(
    private readonly folder: string,
    private readonly disk: Disk,
  ) {}

  put(run: RunRecord): void {
    const file = join(this.folder, `${run.id}.json`);
    writeEnvelope(this.disk, file, run);
    // A run cannot be made again.
    fsyncName(this.disk, file);
  }

  /** Nothing for a run that is damaged, or of another format: `vistas verify` tells which. */
  get(id: string): RunRecord | undefined {
    const body = readEnvelope(this.disk, join(this.folder, `${id}.json`));
    return isRecord(body, "id", id) ? (body as unknown as RunRecord) : undefined;
  }

  /** Newest first. */
  ids(): string[] {
    const names = (listIfAny(this.disk, this.folder) ?? []).filter(name => name.endsWith(".json"));
    return names.map(name => name.slice(0, -".json".length)).sort((a, b) => byCodeUnit(b, a));
  }
}

/** A key's record in a file; a damaged one is removed. Throws `NewerFormat`. */
export function readRecord(disk: Disk, file: string, key: string): StepRecord | undefined {
  const body = readEnvelope(disk, file);
  if (body === undefined) return undefined;
  const format = formatOf(body);
  if (format !== undefined && format > FORMAT) throw new NewerFormat(file, format);
  if (isRecord(body, "key", key)) return body as unknown as StepRecord;
  writeDisposable(() => remove(disk, file));
  return undefined;
}

/** The format that a well-kept document says it has. */
export function formatOf(body: Json | undefined): number | undefined {
  const format = isObject(body) ? body["format"] : undefined;
  return typeof format === "number" ? format : undefined;
}

/** That a file holds what its name says, so that one put in another's place is not taken for it. */
function isRecord(body: Json | undefined, field: string, name: string): boolean {
  return isObject(body) && formatOf(body) === FORMAT && body[field] === name;
}

/** The format of records and runs. There is no older one. */
export const FORMAT = 1;
