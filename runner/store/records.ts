import { join } from "node:path";
import { byCodeUnit, isObject } from "../core/json.js";
import type { RunRecord, StepRecord } from "../core/record.js";
import type { Disk } from "./disk.js";
import { listIfAny, remove, writeDisposable } from "./files.js";
import { readEnvelope, writeEnvelope } from "./envelope.js";

/** What each key produced: `records/<2>/<key>.json`. A record is written after its outputs are in the store. */
export class Records {
  readonly #known = new Map<string, StepRecord | undefined>();

  constructor(
    private readonly folder: string,
    private readonly disk: Disk,
  ) {}

  /** Nothing for a key that was never made; a damaged record is dropped, so that its step runs again. */
  get(key: string): StepRecord | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    const file = this.#file(key);
    const body = readEnvelope(this.disk, file);
    const good = isObject(body) && body["format"] === 1 && body["key"] === key;
    if (body !== undefined && !good) writeDisposable(() => remove(this.disk, file));
    const record = good ? (body as unknown as StepRecord) : undefined;
    this.#known.set(key, record);
    return record;
  }

  put(record: StepRecord): void {
    writeEnvelope(this.disk, this.#file(record.key), record);
    this.#known.set(record.key, record);
  }

  drop(key: string): void {
    remove(this.disk, this.#file(key));
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
    writeEnvelope(this.disk, join(this.folder, `${run.id}.json`), run);
  }

  get(id: string): RunRecord | undefined {
    const body = readEnvelope(this.disk, join(this.folder, `${id}.json`));
    return isObject(body) && body["format"] === 1 && body["id"] === id
      ? (body as unknown as RunRecord)
      : undefined;
  }

  /** Newest first. */
  ids(): string[] {
    const names = (listIfAny(this.disk, this.folder) ?? []).filter(name => name.endsWith(".json"));
    return names.map(name => name.slice(0, -".json".length)).sort((a, b) => byCodeUnit(b, a));
  }
}
