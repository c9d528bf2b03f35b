import { dirname, join, resolve } from "node:path";
import { isList } from "../../core/json.js";
import type { RunStep, StepRecord } from "../../core/record.js";
import type { FileSource } from "../../pipeline/files/file-source.js";
import { ignoredBelow, ignoredIn } from "../../pipeline/files/ignored.js";
import { splitPattern } from "../../pipeline/files/pattern.js";
import { UnreadableInput } from "../objects/digest.js";
import { readRecord } from "../records/records.js";
import type { Store } from "../store.js";
import type { Damage, User } from "./verify.js";

/**
 * - `rebuild`: the next run that needs it makes it again
 * - `restore`: all that it is made of is there
 * - `unneeded`: nothing has it among its bytes
 * - `lost`: nothing can make it again
 */
export type Cure = "rebuild" | "restore" | "unneeded" | "lost";

/** What a damaged thing belongs to. */
export interface Belonging {
  /** The step instance, or what its kind calls the part. */
  readonly step: string;
  readonly output: string | null;
  readonly key: string;
  /** Runs that had it, newest first. */
  readonly runs: readonly string[];
}

export interface Assessed extends Damage {
  readonly belongsTo: readonly Belonging[];
  readonly cure: Cure;
  /** Of what is lost: what, and why for good. */
  readonly loss?: string;
}

/**
 * Says of each damage what it belongs to, and whether that can be made again. It cannot be:
 * - what was seen once and is told by nothing else: what a run did, and what it was held against;
 * - a result of a step that is not deterministic, once its key has come to another;
 * - what was made from a file of the user's that is no longer what it was, or fetched from local places (an option
 *   `source`) of which none is left. Judged for runs of a pipeline that is in `project`; that an address on the network
 *   still answers is taken for granted.
 * Reads run records only when there is damage.
 */
export async function assess(store: Store, project: string, damage: readonly Damage[]): Promise<Assessed[]> {
  if (damage.length === 0) return [];
  const past = new Past(store, damage);
  const found: Assessed[] = [];
  for (const one of damage) {
    const belongsTo = one.users.length > 0 ? one.users.map(user => past.of(user)) : past.ofName(one);
    const loss = await lossOf(store, project, past, one);
    const cure = loss === undefined ? cureOf(one, damage) : "lost";
    found.push({ ...one, belongsTo, cure, ...(loss === undefined ? {} : { loss }) });
  }
  return found;
}

function cureOf({ item, users }: Damage, all: readonly Damage[]): Cure {
  if (item.kind === "format") return "restore";
  if (item.kind === "obstacle") return "unneeded";
  if (item.kind !== "object" && item.kind !== "manifest" && item.kind !== "tree") return "rebuild";
  if (users.length === 0) return "unneeded";
  if (item.kind !== "tree") return "rebuild";
  // A folder whose objects are all there is laid out again from them.
  const lacks = (user: User): boolean =>
    all.some(other => other.item.kind !== "tree" && other.users.some(its => isSame(its, user)));
  return users.some(lacks) ? "rebuild" : "restore";
}

async function lossOf(
  store: Store,
  project: string,
  past: Past,
  { item, users }: Damage,
): Promise<string | undefined> {
  if (item.kind === "run") return `what run ${item.name} did; its results are kept`;
  if (item.kind === "reproduction")
    return `what run ${item.name} was held against; run \`reproduce\` to hold it again`;
  if (item.kind === "past" && isSuperseded(store, item.name))
    return `a result that ${past.ofName({ item })[0]?.step ?? "a step"} came to before it came to another`;
  for (const user of users) {
    const what = `${user.made.id}.${user.output}`;
    if (user.item.kind === "past" && isSuperseded(store, user.item.name))
      return `${what} as it was before the same step came to other bytes`;
    if (user.item.kind !== "record") continue;
    const why = await whyNotAgain(store, project, past.latest(user), user);
    if (why !== undefined) return `${what}: ${why}`;
  }
  return undefined;
}

/** A past result of a key that has no newer one is made when the key is next needed. */
function isSuperseded(store: Store, key: string): boolean {
  return store.records.has(key);
}

/** Where a run had a step, for asking after the files that it was made from. */
interface Had {
  readonly file: string;
  readonly step: RunStep;
}

async function whyNotAgain(
  store: Store,
  project: string,
  had: Had | undefined,
  { item }: User,
): Promise<string | undefined> {
  const record = readRecord(store.disk, join(store.root, item.path), item.name);
  if (
    typeof record !== "object" ||
    had === undefined ||
    store.disk.stat(join(project, had.file)) === undefined
  )
    return undefined;
  for (const { role, source, digest, type } of record.fingerprint.inputs) {
    if (source !== "file") continue;
    for (const path of had.step.inputs[role] ?? []) {
      const now = await contentOf(store, project, had.file, path);
      if (now === undefined) return `it was made from ${path}, which is gone`;
      if (now.digest !== digest || now.type !== type)
        return `it was made from ${path}, which is no longer what it was`;
    }
  }
  const places = sourcesOf(record);
  if (
    places.length === 0 ||
    places.some(place => isElsewhere(place) || store.disk.stat(resolve(project, place)) !== undefined)
  )
    return undefined;
  return `it came from ${places.join(", ")}, which ${places.length === 1 ? "is" : "are"} gone`;
}

async function contentOf(store: Store, project: string, pipeline: string, path: string) {
  const ignored = await ignoredIn([project, dirname(resolve(project, pipeline))], store.root);
  try {
    const { absolute, ...source } = sourceAt(store, project, path);
    return await store.digester.content(absolute, ignoredBelow(ignored, { ...source, absolute }));
  } catch (error) {
    if (error instanceof UnreadableInput) return undefined;
    throw error;
  }
}

/** A pattern, unless a file is called so. */
function sourceAt({ disk }: Store, project: string, path: string): FileSource {
  const absolute = resolve(project, path);
  const split = splitPattern(path);
  if (split === undefined || disk.stat(absolute) !== undefined) return { type: "file", path, absolute };
  const folder = split.folder === "." ? "./" : split.folder;
  return { type: "file", path: folder, absolute: resolve(project, folder), pattern: split.pattern };
}

function sourcesOf({ fingerprint }: StepRecord): readonly string[] {
  const source = fingerprint.with["source"];
  const places = isList(source) ? source : [source];
  return places.filter(place => typeof place === "string");
}

/** `https://...`, `npm:NAME@VERSION/path` */
function isElsewhere(place: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(place);
}

function isSame(a: User, b: User): boolean {
  return a.item.path === b.item.path && a.output === b.output;
}

/** Which runs had the results that are concerned. */
class Past {
  readonly #had = new Map<string, { readonly run: string; readonly had: Had }[]>();

  constructor(store: Store, damage: readonly Damage[]) {
    const keys = new Set(
      damage.flatMap(({ item, users }) => [item.name, ...users.map(user => user.item.name)]),
    );
    for (const run of store.runs.ids()) {
      const record = store.runs.get(run);
      for (const step of record?.steps ?? []) {
        if (step.key === null || !keys.has(step.key)) continue;
        const known = this.#had.get(step.key) ?? [];
        known.push({ run, had: { file: record?.file ?? "", step } });
        this.#had.set(step.key, known);
      }
    }
  }

  of({ item, made, output }: User): Belonging {
    const runs = runsOf(this.#with(item.name, made.result));
    return { step: made.id, output, key: item.name, runs };
  }

  /** Of a record that cannot be read: by its name alone. */
  ofName({ item }: Pick<Damage, "item">): Belonging[] {
    const had = this.#with(item.name, item.result);
    const [newest] = had;
    if (newest === undefined) return [];
    return [{ step: newest.had.step.id, output: null, key: item.name, runs: runsOf(had) }];
  }

  latest({ item, made }: User): Had | undefined {
    return this.#with(item.name, made.result)[0]?.had;
  }

  #with(key: string, result: string | undefined) {
    const all = this.#had.get(key) ?? [];
    return all.filter(
      ({ had }) => [undefined, had.step.result].includes(result) || had.step.result === undefined,
    );
  }
}

/** Twins, steps of one key, are in a run several times. */
function runsOf(uses: readonly { readonly run: string }[]): string[] {
  return [...new Set(uses.map(({ run }) => run))];
}
