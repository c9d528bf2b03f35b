import { dirname, join } from "node:path";
import { byCodeUnit } from "../../core/json.js";
import type { StepRecord } from "../../core/record.js";
import type { Disk } from "../disk.js";
import { fsyncName, listIfAny, remove, removeEmpty } from "../files.js";
import { paths } from "../paths.js";
import { NewerFormat, Records, readRecord } from "./records.js";
import { writeEnvelope } from "./envelope.js";
import { resultId } from "./result-id.js";
import { documentOf } from "./step-document.js";

/**
 * What each key produced, and has produced before. `records/` holds for each key the result that is reused: the
 * newest. `past/<2>/<key>/<result>.json` holds those that are no longer reused, because the same key came to other
 * bytes later, or because their bytes are gone. Finished runs name the result that they had, so they go on telling
 * the truth whatever is made after them.
 */
export class Results {
  readonly #current: Records;

  constructor(
    private readonly root: string,
    private readonly disk: Disk,
  ) {
    this.#current = new Records(root, "records", disk);
  }

  /** The result that a key is reused with. Throws `NewerFormat`. */
  get(key: string): StepRecord | undefined {
    return this.#current.get(key);
  }

  /** The result that a run had; runs of before results had ids mean whatever the key came to. */
  of(key: string, result: string | undefined): StepRecord | undefined {
    const current = this.#current.get(key);
    if (result === undefined || (current !== undefined && resultId(current) === result)) return current;
    return this.#readPast(key, result);
  }

  /** The result of a key, be its bytes there or not: to tell what was different. */
  last(key: string): StepRecord | undefined {
    return this.#current.get(key) ?? this.past(key).at(-1);
  }

  /** Results of a key that are no longer reused, oldest first. */
  past(key: string): StepRecord[] {
    const names = listIfAny(this.disk, join(this.root, paths.pastOf(key))) ?? [];
    const found = names
      .filter(name => name.endsWith(".json"))
      .flatMap(name => this.#readPast(key, name.slice(0, -".json".length)) ?? []);
    return found.sort((a, b) => byCodeUnit(a.finished, b.finished));
  }

  /** Results that the record's key came to before or after, and that differ: with any, its step is not deterministic. */
  others(record: StepRecord): StepRecord[] {
    const now = this.#current.get(record.key);
    const all = [...this.past(record.key), ...(now === undefined ? [] : [now])];
    return all.filter(other => resultId(other) !== resultId(record));
  }

  /**
   * Keeps what a key came to, and gives it as kept. One that it came to before stays as it was first made, but for outputs
   * that were temporary and are not any more; one that is replaced is kept beside it first.
   */
  put(record: StepRecord): StepRecord {
    const made = { ...record, result: resultId(record) };
    const before = this.#current.get(record.key);
    if (before !== undefined && resultId(before) === made.result) {
      const kept = Object.entries(before.outputs).some(
        ([name, { temporary }]) => temporary !== undefined && made.outputs[name]?.temporary === undefined,
      );
      if (kept) {
        const now = { ...before, outputs: made.outputs };
        this.#current.put(now);
        return now;
      }
      if (!this.#current.has(record.key)) this.#current.put(before);
      return before;
    }
    if (before !== undefined) this.#keepPast(before);
    this.#current.put(made);
    this.#dropPast(made.key, made.result);
    return made;
  }

  /** Takes a key's result out of use, because its bytes are not there; what it was stays known. */
  drop(key: string): void {
    const record = this.#current.get(key);
    if (record !== undefined) this.#keepPast(record);
    this.#current.drop(key);
  }

  /** Whether a record of the key is on disk now, whatever was known of it. */
  has(key: string): boolean {
    return this.#current.has(key);
  }

  /** The next `get` reads the disk again: another process may have made or dropped the record. */
  forget(key: string): void {
    this.#current.forget(key);
  }

  /** Every key with a result that is reused. */
  keys(): string[] {
    return this.#current.keys();
  }

  /** Why the record that `get` found is of no use. Told once. */
  unusable(key: string): string | undefined {
    return this.#current.unusable(key);
  }

  /** One put in another's place is not taken for it, nor is one that a newer vistas wrote. */
  #readPast(key: string, result: string): StepRecord | undefined {
    const found = this.#look(key, result);
    return typeof found === "object" && found.result === result ? found : undefined;
  }

  #keepPast(record: StepRecord): void {
    const result = resultId(record);
    if (this.#look(record.key, result) === NEWER) return;
    const file = this.#file(record.key, result);
    writeEnvelope(this.disk, file, documentOf({ ...record, result }));
    fsyncName(this.disk, file);
  }

  /** What is reused is no past result any more. */
  #dropPast(key: string, result: string): void {
    const file = this.#file(key, result);
    if (this.disk.lstat(file) === undefined || this.#look(key, result) === NEWER) return;
    this.#current.flush(key);
    remove(this.disk, file);
    removeEmpty(this.disk, dirname(file));
  }

  #look(key: string, result: string): StepRecord | string | undefined {
    try {
      return readRecord(this.disk, this.#file(key, result), key);
    } catch (error) {
      if (error instanceof NewerFormat) return NEWER;
      throw error;
    }
  }

  #file(key: string, result: string): string {
    return join(this.root, paths.past(key, result));
  }
}

/** A result that is neither read nor overwritten. */
const NEWER = "newer";
