/**
 * Every file of a small store, harmed in every way at hand, and then used: each harm must be found out or do none.
 * Enumerated, not sampled, unless asked for a share.
 */
import { sha256 } from "../../runner/cache/hash.js";
import type { ItemKind } from "../../runner/store/inventory.js";
import type { Answered } from "./desk.js";
import { MISSING } from "./laboratory.js";
import { isForeign, mutations, type Mutation } from "./mutations.js";
import { Victim, type StoreFile } from "./victim.js";

export interface Harmed {
  readonly cases: number;
  readonly failures: readonly string[];
}

export interface DamageOptions {
  /** Of the cases (1: all), drawn by `seed`. */
  readonly share?: number;
  readonly seed?: number;
  /** Mutations whose name begins with this. */
  readonly only?: string;
  /** One file of each kind instead of all. */
  readonly oneOfAKind?: boolean;
}

export async function enumerateDamage(options: DamageOptions = {}): Promise<Harmed> {
  const { share = 1, seed = 0, oneOfAKind = false, only = "" } = options;
  const victim = await Victim.create();
  const failures: string[] = [];
  let cases = 0;
  try {
    const before = await victim.contents();
    const files = victim.files();
    const chosen = oneOfAKind ? files.filter(({ kind }, i) => files[i - 1]?.kind !== kind) : files;
    for (const file of chosen) {
      const others = files.filter(({ kind, path }) => kind === file.kind && path !== file.path);
      for (const mutation of mutations.filter(({ name }) => name.startsWith(only))) {
        for (const [name, sequence] of Object.entries(SEQUENCES)) {
          const place = `${file.path} ${mutation.name}, ${name}`;
          if (draw(seed, place) >= share) continue;
          victim.restore();
          // What the store remembers of its files must not hide what befalls them then.
          await victim.desk.run();
          const at = (path: string): string => `${victim.root}/${path}`;
          if (
            !mutation.apply(
              at(file.path),
              others.map(({ path }) => at(path)),
            )
          )
            continue;
          cases++;
          const wrong = await sequence(victim, { file, mutation, before });
          failures.push(...wrong.map(text => `${place}: ${text}`));
        }
      }
    }
  } finally {
    victim.remove();
  }
  return { cases, failures };
}

export interface Harm {
  readonly file: StoreFile;
  /** The file adds up, and so may be believed: that nothing crashes is all that can be asked. */
  readonly forged?: boolean;
  readonly mutation: Mutation;
  /** What the outputs of each run were. */
  readonly before: Readonly<Record<string, Record<string, string>>>;
}

type Sequence = (victim: Victim, harm: Harm) => Promise<string[]>;

const SEQUENCES: Readonly<Record<string, Sequence>> = {
  "used first": usedFirst,
  async "verified first"(victim, harm) {
    const { desk } = victim;
    const bench = new Bench(harm);
    bench.take("verify", await desk.verify(), told(harm, false));
    bench.compare(await victim.contents(), "before the repair");
    bench.take("show", await desk.show("part"), [0, 2]);
    bench.take("verify --repair", await desk.verify(true), told(harm, true));
    bench.take("verify, repaired", await desk.verify(), [0]);
    bench.take("run", await desk.run(), [0]);
    bench.compare(await victim.contents(), "at the end");
    return bench.wrong;
  },
};

/** The verbs that read and write a store, on one that was harmed. Gives what is wrong. */
export async function usedFirst(victim: Victim, harm: Harm): Promise<string[]> {
  const { desk } = victim;
  const bench = new Bench(harm);
  bench.take("run", await desk.run(), [0]);
  bench.take("show", await desk.show("tree"), [0]);
  bench.take("why", await desk.why("last"), [0]);
  bench.take("runs", await desk.runs(), [0]);
  bench.take("report", await desk.report(), [0]);
  bench.compare(await victim.contents(), "at the end");
  bench.take("verify", await desk.verify(), [0, 1, 4]);
  bench.take("verify --repair", await desk.verify(true), [0, 4]);
  bench.take("verify, repaired", await desk.verify(), [0]);
  bench.take("run, repaired", await desk.run(), [0]);
  bench.compare(await victim.contents(), "at the end");
  return bench.wrong;
}

/** Whether `verify` must tell of it: what is gone may be missed by nobody, and what is disposable is not looked at. */
function isFound({ file, mutation }: Harm): boolean {
  if (isForeign(mutation) || DISPOSABLE.has(file.kind)) return false;
  // All that it must say is its format, which it does.
  if (file.kind === "format" && mutation.name.endsWith("of nonsense")) return false;
  return mutation.name !== "deleted" || file.kind === "tree" || file.kind === "manifest";
}

const DISPOSABLE: ReadonlySet<ItemKind> = new Set<ItemKind>(["log", "report", "work", "failed", "temporary"]);

/** What `verify` may exit with. Nothing can make again what was seen once, and past results, each followed by another. */
function told(harm: Harm, repaired: boolean): readonly number[] {
  const { kind } = harm.file;
  const found = repaired ? 0 : 1;
  // Some bytes are those of a past result; those that are gone may be missed by nobody.
  if (kind === "object") return harm.mutation.name === "deleted" ? [0, found, 4] : [found, 4];
  if (!isFound(harm)) return [0];
  if (kind === "manifest" || kind === "tree") return [found, 4];
  return [kind === "run" || kind === "reproduction" || kind === "past" ? 4 : found];
}

/** KeyLocks what the verbs answer, and what the store then has, against what they may. */
class Bench {
  readonly wrong: string[] = [];
  constructor(private readonly harm: Harm) {}

  take(verb: string, { code, stdout, stderr, seconds }: Answered, allowed: readonly number[]): void {
    const say = (text: string): void => void this.wrong.push(`${verb} ${text}`);
    if (/fault of vistas|Internal error|\n {4}at /.test(stderr)) say(`crashed: ${stderr.slice(0, 800)}`);
    if (seconds > 2) say(`took ${seconds} s`);
    // What a newer vistas wrote is neither read nor overwritten: to say so is all that can be done.
    if (isNewer(this.harm) && /newer vistas|laid out by/.test(stderr + stdout)) return;
    // What was forged may say that it is of another format, or fail its step.
    if (!(this.harm.forged === true ? [0, 1, 2, 4] : allowed).includes(code))
      say(`exited ${code}: ${stderr.slice(0, 400)}${verb.startsWith("verify") ? stdout.slice(0, 800) : ""}`);
  }

  /** No run may have other outputs than it had; the newest must have them all, at the end. */
  compare(
    now: Readonly<Record<string, Record<string, string>>>,
    when: "before the repair" | "at the end",
  ): void {
    const { before, forged } = this.harm;
    if (forged === true) return;
    const [newest = ""] = Object.keys(now);
    const [last = ""] = Object.keys(before);
    for (const [run, texts] of Object.entries(now)) {
      const expected = before[run] ?? before[last] ?? {};
      const all = when === "at the end" && run === newest && !isNewer(this.harm);
      for (const name of Object.keys(all ? { ...expected, ...texts } : texts))
        if (texts[name] !== expected[name] && (all || texts[name] !== MISSING))
          this.wrong.push(`${when} ${run} has ${name} ${JSON.stringify(texts[name]?.slice(0, 60))}`);
    }
  }
}

function isNewer({ mutation }: Harm): boolean {
  return mutation.name === "of a newer format";
}

function draw(seed: number, text: string): number {
  return parseInt(sha256(`${seed} ${text}`).slice(0, 8), 16) / 2 ** 32;
}
