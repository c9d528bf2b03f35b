import { statSync } from "node:fs";
import { sha256, frame } from "../../cache/hash.js";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import { atRest } from "../../store/memory/stat-cache.js";
import type { Memo } from "../../store/memory/user-cache.js";

/** A question to a program of the user's: who it is. */
export interface Question {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Files and folders whose change may change the answer; they need not be there. */
  readonly guards: (answer: JsonObject) => readonly string[];
  /** What it prints -> the answer; where this is not given, the last line is a JSON object. */
  readonly read?: (stdout: string) => JsonObject;
  /** The answer is believed for this moment only. */
  readonly passing?: boolean;
}

/**
 * Asks interpreters who they are, which takes tens of milliseconds, once: an answer is believed as long as the file
 * system says the same of everything that decided it. It is kept where the stat cache is, in the user's own cache folder.
 */
export class Asker {
  readonly #known = new Map<string, Kept>();
  readonly #asked = new Map<string, Promise<JsonObject | undefined>>();

  constructor(
    private readonly memo: Memo,
    /** ns since 1970 */
    private readonly now: () => bigint,
  ) {}

  /** Undefined where it gives no answer that can be read. */
  async ask(question: Question): Promise<JsonObject | undefined> {
    const { program, args, env, cwd } = question;
    const variables = Object.entries(env).flatMap(([name, value]) => [name, value]);
    const name = sha256(frame("question", [program, cwd, frame("args", args), frame("env", variables)]));
    const kept = this.#known.get(name) ?? keptOf(this.memo.get(name));
    if (kept !== undefined && kept.guards.every(([path, state]) => stateOf(path).text === state)) {
      this.#known.set(name, kept);
      return kept.answer;
    }
    let asked = this.#asked.get(name);
    if (asked === undefined) {
      asked = this.#put(name, question);
      this.#asked.set(name, asked);
      void asked.finally(() => this.#asked.delete(name));
    }
    return asked;
  }

  async #put(name: string, question: Question): Promise<JsonObject | undefined> {
    const begun = this.now();
    const answer = await answerOf(question);
    if (answer === undefined) return undefined;
    const states = [...new Set([question.program, ...question.guards(answer)])].map(
      path => [path, stateOf(path)] as const,
    );
    // What a script asks of the system to choose a program cannot be guarded, but for those that are known.
    if (question.passing === true) return answer;
    // What was written in the tick in which it was looked at may be written again unseen.
    if (!states.every(([, { mtime, ctime }]) => atRest({ mtime, ctime, checked: begun }))) return answer;
    const guards = states.map(([path, { text }]) => [path, text] as const);
    this.#known.set(name, { guards, answer });
    this.memo.put(name, { guards: guards.map(guard => [...guard]), answer });
    return answer;
  }
}

interface Kept {
  readonly guards: readonly (readonly [path: string, state: string])[];
  readonly answer: JsonObject;
}

const TIMEOUT_MS = 20_000;

function keptOf(value: Json | undefined): Kept | undefined {
  if (!isObject(value) || !isObject(value["answer"]) || !isList(value["guards"])) return undefined;
  const guards = value["guards"].flatMap(guard => {
    if (!isList(guard)) return [];
    const [path, state] = guard;
    return typeof path === "string" && typeof state === "string" ? [[path, state] as const] : [];
  });
  return guards.length === value["guards"].length ? { guards, answer: value["answer"] } : undefined;
}

function stateOf(path: string): { text: string; mtime: bigint; ctime: bigint } {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return ABSENT;
    const { dev, ino, size, mtimeNs, ctimeNs } = stat;
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(" "), mtime: mtimeNs, ctime: ctimeNs };
  } catch {
    return ABSENT; // What cannot be looked at is not there for the program either.
  }
}

const ABSENT = { text: "", mtime: 0n, ctime: 0n };

/** The last line that a program prints, which must be a JSON object. */
async function answerOf({ program, args, env, cwd, read }: Question): Promise<JsonObject | undefined> {
  const { execa } = await import("execa");
  const { stdout, exitCode } = await execa(program, args, {
    ...{ env, cwd, extendEnv: false, reject: false, stdin: "ignore", stderr: "ignore" },
    ...{ timeout: TIMEOUT_MS, maxBuffer: 1 << 24 },
  });
  if (exitCode !== 0) return undefined;
  if (read !== undefined) return read(stdout);
  try {
    const value = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // It says something else: it is not what its name says.
  }
}
