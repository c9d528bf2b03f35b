/**
 * Every operation of every scenario, times every fault that can befall it: after each the store is opened again with
 * a good disk and held against what it promises. Enumerated, not sampled, unless asked for a share.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RunRecord } from "../../runner/core/record.js";
import type { Disk } from "../../runner/store/disk.js";
import { parseManifest } from "../../runner/store/objects/manifest.js";
import type { Store } from "../../runner/store/store.js";
import { FaultyDisk, faultsAt, isCode, type Fault } from "./faulty-disk.js";
import { contents, Laboratory, MISSING } from "./laboratory.js";
import { scenarios, StepsFailed, type Scenario } from "./scenarios.js";

export interface Injected {
  /** Faults that came to pass. */
  readonly injected: number;
  readonly byFault: Readonly<Record<string, number>>;
  /** What was wrong after one, in words that say which. */
  readonly failures: readonly string[];
}

export interface InjectOptions {
  /** Of the faults (1: all), drawn by `seed`. */
  readonly share?: number;
  readonly seed?: number;
  /** Scenarios whose name has this in it. */
  readonly only?: string;
  /** Faults whose name begins with this. */
  readonly fault?: string;
  /** What stands between the store and the disk: a store that does wrong, which must be found out. */
  readonly through?: (disk: Disk) => Disk;
}

export async function injectFaults(options: InjectOptions = {}): Promise<Injected> {
  const { seed = 0, share = 1, only = "", through = (disk: Disk) => disk } = options;
  const lab = new Laboratory();
  const failures: string[] = [];
  const byFault: Record<string, number> = {};
  try {
    for (const scenario of scenarios.filter(({ name }) => name.includes(only))) {
      lab.restore();
      await scenario.prepare(lab);
      const before = await past(lab);
      scenario.damage?.(lab);
      lab.save(scenario.name);
      const clean = new FaultyDisk(undefined, lab.aside);
      await scenario.act(lab, lab.store(through(clean.disk)));
      const after = await newest(lab);
      for (const [at, operation] of clean.operations.entries()) {
        for (const fault of faultsAt(operation).filter(name => name.startsWith(options.fault ?? ""))) {
          const place = `${scenario.name}: ${fault} at operation ${at}, ${operation}`;
          if (draw(seed, place) >= share) continue;
          const injection = { at, fault, lost: (i: number) => draw(seed, `${place} ${i}`) < 0.5 };
          const disk = new FaultyDisk(injection, lab.aside);
          lab.restore(scenario.name);
          const wrong = await disturb(lab, scenario, through(disk.disk), fault, { before, after });
          if (disk.injected) byFault[fault] = (byFault[fault] ?? 0) + 1;
          failures.push(...wrong.map(text => `${place}: ${text}`));
        }
      }
    }
  } finally {
    lab.remove();
  }
  return { injected: Object.values(byFault).reduce((sum, n) => sum + n, 0), byFault, failures };
}

interface Expected {
  /** Contents of past runs by run. */
  readonly before: Readonly<Record<string, Record<string, string>>>;
  /** Contents of the run that the scenario makes. */
  readonly after: Record<string, string>;
}

async function disturb(
  lab: Laboratory,
  scenario: Scenario,
  disk: Disk,
  fault: Fault,
  { before, after }: Expected,
): Promise<string[]> {
  const wrong: string[] = [];
  const say = (text: string | undefined): void => {
    if (text !== undefined) wrong.push(text);
  };
  try {
    await scenario.act(lab, lab.store(disk));
    say(scenario.wrong?.(lab));
  } catch (error) {
    say(badMessage(error, fault));
  }
  buryTheDead(lab);
  const reopened = lab.store();
  const newestRun = Object.keys(before).sort().at(-1);
  for (const [id, texts] of Object.entries(before)) {
    const run = reopened.runs.get(id);
    const mayGo = scenario.forgets === true && id !== newestRun;
    if (run !== undefined)
      say(difference(`the past run ${id}`, texts, await contents(reopened, run), mayGo || mayHarm(scenario)));
    else if (!mayGo) say(`the run ${id} is lost`);
  }
  for (const text of await lies(reopened, mayMiss(scenario, fault))) say(text);
  lab.nextMillisecond();
  try {
    await scenario.act(lab, lab.store());
    say(scenario.wrong?.(lab));
    say(difference("the run after", after, await newest(lab)));
  } catch (error) {
    say(`cannot be done again: ${String(error)}`);
  }
  return wrong;
}

/** What a killed process told nobody may be anything; what a disk refused must be told in one line that says where. */
function badMessage(error: unknown, fault: Fault): string | undefined {
  if (!isCode(fault)) return undefined;
  const messages =
    error instanceof StepsFailed ? error.errors : [error instanceof Error ? error.message : ""];
  return messages.find(text => text === "" || text.includes("Internal error") || /\n.*\n/.test(text));
}

/**
 * The test's own process lives on where the killed one would be dead, so its holds are let go by hand; that a dead
 * owner's are taken over is proven with real processes.
 */
function buryTheDead(lab: Laboratory): void {
  for (const folder of ["work", "locks"]) rmSync(join(lab.root, folder), { recursive: true, force: true });
}

/** A name that a power failure took back is found missing, as damage is: that is work lost, and no lie. */
function mayMiss(scenario: Scenario, fault: Fault): boolean {
  return mayHarm(scenario) || fault.startsWith("power");
}

function mayHarm(scenario: Scenario): boolean {
  return scenario.damage !== undefined && scenario.forgets !== true;
}

/** Every record must name whole artifacts, and what is said to be whole must be, by a digest of its own taking. */
async function lies(store: Store, missing: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const records of [store.records, store.parts]) {
    for (const key of records.keys()) {
      for (const [name, ref] of Object.entries(records.get(key)?.outputs ?? {})) {
        const health = await store.objects.heal(ref);
        if (health !== "whole" && !missing)
          found.push(`${key.slice(0, 8)}.${name} is recorded but ${health}`);
        if (health === "whole" && digestOf(store, ref.type, ref.digest) !== ref.digest)
          found.push(`${key.slice(0, 8)}.${name} is called whole and is not`);
      }
    }
  }
  return found;
}

function digestOf(store: Store, type: "file" | "executable" | "tree", digest: string): string {
  const path = store.objects.path({ type, digest, bytes: 0 });
  if (type !== "tree") return sha256(path);
  const manifest = join(store.root, "objects", digest.slice(0, 2), `${digest}.tree`);
  const entries = parseManifest(readFileSync(manifest, "utf8"));
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(name =>
    statSync(join(path, name)).isFile(),
  );
  const good = entries.every(e => e.type === "folder" || sha256(join(path, e.path)) === e.digest);
  return good && files.length === entries.filter(e => e.type !== "folder").length ? sha256(manifest) : "";
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

async function past(lab: Laboratory): Promise<Record<string, Record<string, string>>> {
  const store = lab.store();
  const runs = store.runs.ids().flatMap(id => store.runs.get(id) ?? []);
  const found = await Promise.all(runs.map(async run => [run.id, await contents(store, run)] as const));
  return Object.fromEntries(found);
}

async function newest(lab: Laboratory): Promise<Record<string, string>> {
  const store = lab.store();
  const [id = ""] = store.runs.ids();
  const run: RunRecord | undefined = store.runs.get(id);
  return run === undefined ? {} : contents(store, run);
}

function difference(
  what: string,
  expected: Record<string, string>,
  actual: Record<string, string>,
  mayMissSome = false,
): string | undefined {
  const name = [...Object.keys(expected), ...Object.keys(actual)].find(
    n => expected[n] !== actual[n] && !(mayMissSome && (actual[n] === undefined || actual[n] === MISSING)),
  );
  if (name === undefined) return undefined;
  return `${what}: ${name} is ${JSON.stringify(actual[name]?.slice(0, 40))}, not ${JSON.stringify(expected[name]?.slice(0, 40))}`;
}

/** A number in [0, 1) for a text. */
function draw(seed: number, text: string): number {
  return createHash("sha256").update(`${seed} ${text}`).digest().readUInt32LE(0) / 2 ** 32;
}
