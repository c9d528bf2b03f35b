import { join } from "node:path";
import { UserFacingError } from "../../core/diagnostic.js";
import { byCodeUnit, isObject, type Json, type JsonObject } from "../../core/json.js";
import type { RunRecord, StepRecord } from "../../core/record.js";
import type { Disk } from "../disk.js";
import { readEnvelope, writeEnvelope } from "./envelope.js";
import { fsyncFile, fsyncName, listIfAny, remove } from "../files.js";
import { inventory } from "../inventory.js";
import { paths } from "../paths.js";
import { isRunShape, isStepShape } from "./shape.js";
import { documentOf, recordIn } from "./step-document.js";

/** Something that a later version of vistas wrote: neither read nor overwritten. */
export class NewerFormat extends UserFacingError {
  override readonly name = "NewerFormat";
  /** In words that follow "its record". */
  readonly why: string;
  constructor(file: string, format: number) {
    const why = `was written by a newer vistas (format ${format}; this one knows ${FORMAT})`;
    super(`${file} ${why}: use that version, or another store (--root DIR)`);
    this.why = why;
  }
}

/** Records by key. A record is written after its outputs are in the store. */
export class Records {
  readonly #known = new Map<string, StepRecord | undefined>();
  readonly #unusable = new Map<string, string>();

  constructor(
    private readonly root: string,
    private readonly area: "records" | "parts",
    private readonly disk: Disk,
  ) {}

  /** Nothing for a key that was never made, or whose record cannot be used, so that its step runs again. */
  get(key: string): StepRecord | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    const found = readRecord(this.disk, this.#file(key), key);
    const record = typeof found === "string" ? undefined : found;
    this.#known.set(key, record);
    if (typeof found === "string") this.#unusable.set(key, found);
    return record;
  }

  /** Why the record that `get` found is of no use, in words that follow "its record". Told once. */
  unusable(key: string): string | undefined {
    const why = this.#unusable.get(key);
    this.#unusable.delete(key);
    return why;
  }

  put(record: StepRecord): void {
    writeEnvelope(this.disk, this.#file(record.key), documentOf(record), { durable: false });
    this.#known.set(record.key, record);
  }

  /** From then on a power failure cannot take the record back. Until then it may, or leave it torn, which its checksum shows. */
  flush(key: string): void {
    fsyncFile(this.disk, this.#file(key));
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
    return [...inventory(this.disk, this.root, [this.area])].flatMap(({ kind, name }) =>
      kind === "record" || kind === "part" ? [name] : [],
    );
  }

  #file(key: string): string {
    return join(this.root, paths.document(this.area, key));
  }
}

/**
 * Past runs, one file each. A run is numbered after the highest number there when it is recorded:
 * so runs have an order that no clock decides. Runs that ended at the same moment may share a number.
 */
export class Runs {
  readonly #numbers = new Map<string, number>();

  constructor(
    private readonly root: string,
    private readonly disk: Disk,
  ) {}

  put(run: RunRecord): void {
    const newest = this.#list()[0]?.number ?? 0;
    const number = this.#numbers.get(run.id) ?? newest + 1;
    const file = this.#file(run.id, number);
    writeEnvelope(this.disk, file, run);
    this.#numbers.set(run.id, number);
    // A run cannot be made again.
    fsyncName(this.disk, file);
  }

  /** Nothing for a run that is damaged, or of another format: `vistas verify` tells which. */
  get(id: string): RunRecord | undefined {
    if (!this.#numbers.has(id)) this.#list();
    const number = this.#numbers.get(id);
    const found = number === undefined ? undefined : readRun(this.disk, this.#file(id, number), id);
    return typeof found === "string" ? undefined : found;
  }

  drop(id: string): void {
    if (!this.#numbers.has(id)) this.#list();
    const number = this.#numbers.get(id);
    if (number !== undefined) remove(this.disk, this.#file(id, number));
    this.#numbers.delete(id);
  }

  /** Newest first. */
  ids(): string[] {
    return this.#list().map(({ id }) => id);
  }

  #list(): { id: string; number: number }[] {
    const found = (listIfAny(this.disk, join(this.root, paths.runs)) ?? []).flatMap(
      name => runOfFile(name) ?? [],
    );
    for (const { id, number } of found) this.#numbers.set(id, number);
    return found.sort(newestFirst);
  }

  #file(id: string, number: number): string {
    return join(this.root, paths.run(number, id));
  }
}

/** The run that a file in `runs/` is of. */
export function runOfFile(name: string): { readonly id: string; readonly number: number } | undefined {
  const [, number, id] = /^(\d{8,15})\.(.+)\.json$/s.exec(name) ?? [];
  return number === undefined || id === undefined ? undefined : { id, number: Number(number) };
}

/** Later numbers first; of runs with one number, which ended at the same moment, the later id. */
export function newestFirst(
  a: { readonly id: string; readonly number: number },
  b: { readonly id: string; readonly number: number },
): number {
  return b.number - a.number || byCodeUnit(b.id, a.id);
}

/** A key's record in a file; where it cannot be used, why, in words that follow "its record". Throws `NewerFormat`. */
export function readRecord(disk: Disk, file: string, key: string): StepRecord | string | undefined {
  const body = readDocument(disk, file, "key", key);
  if (!isObject(body)) return body;
  return isStepShape(body) ? recordIn(body) : DAMAGED;
}

/** A run's record in a file; where it cannot be used, why. */
export function readRun(disk: Disk, file: string, id: string): RunRecord | string | undefined {
  try {
    const body = readDocument(disk, file, "id", id);
    if (!isObject(body)) return body;
    return isRunShape(body) ? (body as unknown as RunRecord) : DAMAGED;
  } catch (error) {
    if (error instanceof NewerFormat) return error.why;
    throw error;
  }
}

/**
 * A document of this format that is what its name says (`field`), so that one put in another's place is not taken for
 * it. Throws `NewerFormat`.
 */
function readDocument(
  disk: Disk,
  file: string,
  field: string,
  name: string,
): JsonObject | string | undefined {
  const body = readEnvelope(disk, file);
  if (body === undefined) return undefined;
  const format = formatOf(body);
  if (format !== undefined && format > FORMAT) throw new NewerFormat(file, format);
  if (format !== undefined && format < FORMAT)
    return `was written by an older vistas (format ${format}), which this one does not read`;
  return isObject(body) && format === FORMAT && body[field] === name ? body : DAMAGED;
}

/** The format that a well-kept document says it has. */
export function formatOf(body: Json | undefined): number | undefined {
  const format = isObject(body) ? body["format"] : undefined;
  return typeof format === "number" ? format : undefined;
}

/** The format of records and runs. There is no older one; a newer vistas that reads this one does so in `readDocument`. */
export const FORMAT = 1;

const DAMAGED = "is damaged";
