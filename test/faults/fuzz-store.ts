/**
 * Random harm to the files of a small store, many thousand times. After each every way of reading the store is tried in
 * this process; now and then it is verified and repaired; now and then whole verbs are called, here and as processes.
 * Wrong is: an answer that is not what was written, nor "there is nothing"; what was not harmed and cannot be read any
 * more; a crash; two seconds of work. A case is told by its number: seed and number give it again.
 */
import { Audits } from "../../runner/store/records/audits.js";
import type { ArtifactRef } from "../../runner/core/record.js";
import { findResult } from "../../runner/exec/keys/lookup.js";
import { reproductionOf } from "../../runner/commands/call/reproductions.js";
import { randomStream } from "../../runner/step-api.js";
import { systemDisk } from "../../runner/store/disk.js";
import { examinersHere } from "../../runner/store/verify/examiners.js";
import { NewerFormat } from "../../runner/store/records/records.js";
import type { Store } from "../../runner/store/store.js";
import { verify } from "../../runner/store/verify/verify.js";
import { assess } from "../../runner/store/verify/verify-loss.js";
import { repair } from "../../runner/store/verify/verify-repair.js";
import { usedFirst } from "./damage.js";
import { allText } from "./programs.js";
import { drawMutation, type Drawn } from "./random-mutation.js";
import { Victim, type StoreFile } from "./victim.js";

export interface FuzzStoreOptions {
  readonly seed?: number;
  /** Files harmed. */
  readonly files: number;
  /** Of these, after how many a run, `show`, `why`, `report`, `verify` and a run are called in this process. */
  readonly runs: number;
  /** Of these, after how many the command line is called. */
  readonly calls: number;
}

export interface FuzzedStore {
  readonly files: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly repairs: number;
  readonly runs: number;
  readonly calls: number;
  readonly failures: readonly string[];
}

export async function fuzzStore({
  seed = 0,
  files: count,
  runs,
  calls,
}: FuzzStoreOptions): Promise<FuzzedStore> {
  const victim = await Victim.create();
  const failures: string[] = [];
  const byKind: Record<string, number> = {};
  const done = { files: 0, repairs: 0, runs: 0, calls: 0 };
  try {
    const files = victim.files().filter(({ kind }) => kind !== "temporary");
    const kinds = [...new Set(files.map(({ kind }) => kind))];
    const before = await victim.contents();
    const truth = await answers(victim.store());
    let touched: readonly string[] | undefined;
    for (let number = 0; done.files < count; number++) {
      const draws = randomStream(seed, "store").at(number);
      // Each kind as often as any other, however few files it has.
      const kind = kinds[draws.below(kinds.length)];
      const [file, ...others] = shuffled(
        files.filter(one => one.kind === kind),
        n => draws.below(n),
      );
      if (file === undefined) continue;
      const mutation = drawMutation(draws);
      const at = ({ path }: StoreFile): string => `${victim.root}/${path}`;
      victim.restore(touched);
      if (!mutation.apply(at(file), others.map(at))) continue;
      // Reading alone changes no document.
      touched = HAS_BYTES.has(kind ?? "") ? undefined : [file, ...others].map(({ path }) => path);
      const index = done.files++;
      byKind[file.kind] = (byKind[file.kind] ?? 0) + 1;
      const say = (text: string): void =>
        void failures.push(`case ${number} of seed ${seed}, ${file.path} ${mutation.name}: ${text}`);
      const begun = process.cpuUsage();
      try {
        for (const text of await misread(victim.store(), truth, { file, mutation, mended: false })) say(text);
        if (index % 4 === 0) {
          touched = undefined;
          done.repairs++;
          for (const text of await mend(victim)) say(text);
          for (const text of await misread(victim.store(), truth, { file, mutation, mended: true }))
            say(`mended, ${text}`);
        }
      } catch (error) {
        say(`crashed: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
      }
      const { user, system } = process.cpuUsage(begun);
      if (user + system > 2e6) say(`took ${(user + system) / 1e6} s`);
      if (every(index, count, runs)) {
        touched = undefined;
        done.runs++;
        const harm = { file, mutation, before, forged: mutation.forged };
        for (const text of await usedFirst(victim, harm)) say(text);
      }
      if (every(index, count, calls)) {
        touched = undefined;
        done.calls++;
        for (const text of await victim.call(VERBS[done.calls % VERBS.length] ?? [])) say(text);
      }
    }
  } finally {
    victim.remove();
  }
  return { ...done, byKind, failures };
}

/** Kinds of which reading may lay folders out anew, and take results out of use. */
const HAS_BYTES: ReadonlySet<string> = new Set(["object", "manifest", "tree"]);
const VERBS = [
  ["verify"],
  ["show", "tree"],
  ["runs"],
  ["verify", "--repair"],
  ["why", "last"],
  ["plan"],
  ["report"],
];

/** True for `wanted` of `count` indices, evenly spread. */
function every(index: number, count: number, wanted: number): boolean {
  return Math.floor((index * wanted) / count) !== Math.floor(((index - 1) * wanted) / count);
}

function shuffled<T>(items: readonly T[], below: (n: number) => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(below(left.length), 1)[0] as T);
}

/** Every question that a store answers, by name, with the answer as text; `NOTHING` where there is none. */
type Answers = ReadonlyMap<string, string>;
const NOTHING = "nothing";

async function answers(store: Store): Promise<Answers> {
  const asked = new Map<string, string>();
  for (const run of store.runs.ids()) {
    asked.set(`run ${run}`, told(store.runs.get(run)));
    if (reproductionOf(store, run) !== undefined)
      asked.set(`reproduction ${run}`, told(reproductionOf(store, run)));
    for (const { key, result } of store.runs.get(run)?.steps ?? [])
      if (key !== null) asked.set(`past ${key} ${result ?? ""}`, told(store.records.of(key, result)));
  }
  const audits = new Audits(store.root, store.disk);
  for (const key of store.records.keys()) {
    asked.set(`record ${key}`, told(store.records.get(key)));
    if (audits.get(key) !== undefined) asked.set(`audit ${key}`, told(audits.get(key)));
  }
  for (const key of store.parts.keys()) asked.set(`part ${key}`, told(store.parts.get(key)));
  for (const [name, text] of [...asked])
    if (/^(record|part|past)/.test(name) && text !== NOTHING)
      for (const ref of Object.values((JSON.parse(text) as { outputs: Record<string, ArtifactRef> }).outputs))
        asked.set(`bytes ${JSON.stringify(ref)}`, await bytesOf(store, ref));
  return asked;
}

async function answer(store: Store, question: string): Promise<string> {
  const [kind = "", name = "", result] = question.split(/ (.*?)(?: (.*))?$/s);
  switch (kind) {
    case "run":
      return told(store.runs.get(name));
    case "reproduction":
      return told(reproductionOf(store, name));
    case "past":
      return told(store.records.of(name, result));
    case "record":
      return told(store.records.get(name));
    case "audit":
      return told(new Audits(store.root, store.disk).get(name));
    case "part":
      return told(store.parts.get(name));
    default:
      return bytesOf(store, JSON.parse(question.slice(kind.length)) as ArtifactRef);
  }
}

function told(value: object | undefined): string {
  return value === undefined ? NOTHING : JSON.stringify(value);
}

async function bytesOf(store: Store, ref: ArtifactRef): Promise<string> {
  return (await store.objects.heal(ref)) === "whole" ? allText(store.objects.path(ref)) : NOTHING;
}

interface Circumstances {
  readonly file: StoreFile;
  readonly mutation: Drawn;
  readonly mended: boolean;
}

/** Asks everything, and holds each answer against the truth. What a forged file says is not judged. */
async function misread(
  store: Store,
  truth: Answers,
  { file, mutation, mended }: Circumstances,
): Promise<string[]> {
  const wrong: string[] = [];
  const missing: string[] = [];
  for (const [question, expected] of truth) {
    let now: string;
    try {
      now = await answer(store, question);
    } catch (error) {
      if (!(error instanceof NewerFormat)) throw error;
      now = NOTHING;
    }
    if (now === NOTHING && expected !== NOTHING) missing.push(question);
    else if (now !== expected && !mutation.forged) wrong.push(`${question} is ${now.slice(0, 200)}`);
  }
  for (const key of store.records.keys()) {
    const found = await findResult(store, key, () => undefined).catch(unlessNewer);
    if (found !== undefined && !mutation.forged && told(found) !== truth.get(`record ${key}`))
      wrong.push(`${key} is reused with ${told(found).slice(0, 200)}`);
  }
  if (mutation.forged) return wrong;
  const may = new Set(
    mended ? [...(MAY_MISS[file.kind] ?? []), ...(MENDED_MAY_MISS[file.kind] ?? [])] : MAY_MISS[file.kind],
  );
  for (const question of missing) {
    const [kind = ""] = question.split(" ");
    if (!may.has(kind)) wrong.push(`${question} is not there any more`);
  }
  const most = mutation.name.startsWith("swapped") ? 2 : 1;
  const documents = missing.filter(question => question.startsWith(`${file.kind} `)).length;
  if (documents > most) wrong.push(`${documents} of ${file.kind} are not there any more`);
  return wrong;
}

/** Which questions may find nothing, by what was harmed. */
const MAY_MISS: Readonly<Record<string, readonly string[]>> = {
  object: ["bytes"],
  manifest: ["bytes"],
  // Its files share the bytes of objects.
  tree: ["bytes"],
  record: ["record", "past"],
  past: ["past"],
  part: ["part"],
  run: ["run"],
  audit: ["audit"],
  reproduction: ["reproduction"],
};
/** What lacked bytes is out of use then. */
const MENDED_MAY_MISS: typeof MAY_MISS = {
  object: ["record", "part"],
  manifest: ["record", "part"],
  tree: ["record", "part"],
};

function unlessNewer(error: unknown): undefined {
  if (!(error instanceof NewerFormat)) throw error;
}

/** Verifies and repairs; then nothing may be wrong any more. */
async function mend(victim: Victim): Promise<string[]> {
  const store = victim.store();
  const look = async () =>
    (await verify(systemDisk, store.root, examinersHere(systemDisk, store.root, {}))).damage;
  try {
    store.check();
  } catch {
    return []; // Laid out by a newer vistas: refused.
  }
  const repaired = await repair(store, await assess(store, victim.folder, await look()), "vistas");
  const refused = repaired.flatMap(one => one.refused ?? []);
  const left = (await look()).map(({ item, fault }) => `${item.path} ${fault} after the repair`);
  return [...refused, ...left];
}
