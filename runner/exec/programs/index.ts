import { existsSync, openSync, readSync, closeSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { programFrame } from "../../cache/fingerprint.js";
import { sha256 } from "../../cache/hash.js";
import { byCodeUnit } from "../../core/json.js";
import type { ProgramPrint } from "../../core/record.js";
import type { Graph, GraphNode } from "../../graph/types.js";
import { scriptInvocations, wordInvocations, type Invocation } from "../../spec/invocations.js";
import { UnreadableInput } from "../../store/digest.js";
import type { Host } from "../host.js";
import type { ResultOf } from "../keyer.js";
import { invocationsOf, plainEnvironment, ProgramFinder } from "./find.js";
import { realPath, textOf, upwards } from "./folders.js";
import type { Interpreters } from "./interpreters.js";
import { isRelevant, languageOf, type Language } from "./languages.js";

/**
 * The programs that `run:` steps start, for their keys: each by content, interpreters with their version and what they
 * find installed. Programs among the inputs are in the key as inputs; what they are run by is told here.
 *
 * Does not: know what a program loads or starts by itself.
 */
export class Programs {
  #interpreters: Promise<Interpreters> | undefined;
  readonly #cwd: string;
  readonly #base: ReadonlyMap<string, string>;
  /** By content. */
  readonly #heads = new Map<string, string>();
  // What was found at the same moment before.
  #found = new Map<string, string | undefined>();
  #prints = new Map<string, Promise<readonly ProgramPrint[]>>();
  /** Of programs that are found by their name alone, in the environment that most steps have. */
  #plain = new Map<string, readonly ProgramPrint[]>();

  constructor(
    private readonly host: Host,
    private readonly graph: Graph,
  ) {
    this.#cwd = [...upwards(host.store.workFolders())].find(folder => existsSync(folder)) ?? "/";
    this.#base = plainEnvironment(host);
  }

  /** Looks at everything anew. */
  forget(): void {
    this.#found = new Map();
    this.#prints = new Map();
    this.#plain = new Map();
  }

  /** Sorted, each once. */
  of(node: GraphNode, resultOf: ResultOf): readonly ProgramPrint[] | Promise<readonly ProgramPrint[]> {
    const invocations = invocationsOf(this.host, node);
    const plain = invocations.map(one => (this.#isPlain(one) ? this.#plain.get(one.program) : undefined));
    // The most frequent case by far waits for nothing.
    const known = plain.flatMap(prints => prints ?? []);
    if (!plain.includes(undefined)) return sorted(known);
    return this.#lookFor(invocations, new ProgramFinder(this.host, node, resultOf, this.#found));
  }

  async #lookFor(
    invocations: readonly Invocation[],
    finder: ProgramFinder,
  ): Promise<readonly ProgramPrint[]> {
    const found: ProgramPrint[] = [];
    for (const invocation of invocations) {
      const prints = await this.#invoked(invocation, finder, 0);
      if (this.#isPlain(invocation)) this.#plain.set(invocation.program, prints);
      found.push(...prints);
    }
    return sorted(found);
  }

  /** Whether what a program is depends on its name alone, and not on its arguments or on the step's inputs. */
  #isPlain({ program, variables, script, words }: Invocation): boolean {
    const isAlone = script === undefined && PLAIN.test(program) && scriptOf(words) === undefined;
    return isAlone && variables === this.#base;
  }

  async #invoked(
    invocation: Started,
    finder: ProgramFinder,
    depth: number,
  ): Promise<readonly ProgramPrint[]> {
    const place = finder.find(invocation);
    const name = basename(invocation.program);
    // A script of the user's may ask for programs that it can do without.
    if (place.state === "missing") return depth > 0 ? [] : [{ name, digest: "absent" }];
    if (place.state !== "file") return [];
    const known = place.input ? undefined : this.#nameOf(place.path, invocation);
    const before = known === undefined ? undefined : this.#prints.get(known);
    const prints = before ?? this.#examine(name, place.path, place.input, invocation, finder, depth);
    if (known !== undefined) this.#prints.set(known, prints);
    const script = invocation.script === undefined ? undefined : finder.scriptFile(invocation.script);
    if (script === undefined || depth >= DEEPEST) return prints;
    return [...(await prints), ...(await this.#inScript(script, invocation, finder, depth))];
  }

  /** Under which the same program in the same surroundings is known. */
  #nameOf(path: string, { variables, words }: Invocation): string {
    const language = languageOf(path);
    const relevant = [...variables].filter(([name]) => isRelevant(name, language)).flat();
    return [path, scriptOf(words), basename(path) === "uv" ? words[1] : "", ...relevant].join("\0");
  }

  async #examine(
    name: string,
    path: string,
    input: boolean,
    invocation: Started,
    finder: ProgramFinder,
    depth: number,
  ): Promise<readonly ProgramPrint[]> {
    const digest = await this.#digest(path);
    const head = this.#head(path, digest);
    const line = /^#![ \t]*([^\n]*)/.exec(head)?.[1]?.trim();
    const [language, called] = [languageOf(path) ?? languageOf(realPath(path)), languageOf(name)];
    const asked = language ?? called;
    const found: ProgramPrint[] = [];
    const isShim = line !== undefined && asked !== undefined && SHIM.test(head);
    const passing = line !== undefined && !isShim;
    if (asked !== undefined) found.push(await this.#interpreter(asked, { name, path, passing }, invocation));
    // The first line of a script names a place; what it leads to is looked at by itself.
    if (!input && !isShim && !found.some(one => one.name === name))
      found.push({
        name,
        digest: line === undefined ? digest : sha256((textOf(path) ?? "").replace(/^[^\n]*/, "")),
      });
    else if (!input && !isShim && line !== undefined) found.push({ name: `${name} (script)`, digest });
    if (line !== undefined && !isShim && depth < DEEPEST) {
      const words = line.split(/[ \t]+/);
      const below = wordInvocations(words, invocation.variables);
      for (const one of below)
        found.push(
          ...(await this.#invoked({ ...one, words: [...one.words, path], runs: path }, finder, depth + 1)),
        );
      if (input && SHELL.test(words.map(word => basename(word)).join(" ")))
        found.push(...(await this.#inScript(path, invocation, finder, depth)));
    }
    const script = scriptOf(invocation.words);
    if (script !== undefined && script !== invocation.runs)
      found.push({ name: basename(script), digest: await this.#digest(script) });
    if (basename(path) === "uv" && invocation.words.includes("run"))
      found.push(...(await this.#uv(invocation, finder, depth)));
    return found;
  }

  /** The programs that a shell script among the inputs starts. */
  async #inScript(
    path: string,
    { variables }: Invocation,
    finder: ProgramFinder,
    depth: number,
  ): Promise<readonly ProgramPrint[]> {
    const text = textOf(path);
    if (text === undefined || text.length > LONGEST_SCRIPT || text.includes("\0")) return [];
    const found: ProgramPrint[] = [];
    for (const one of scriptInvocations(text, variables))
      found.push(...(await this.#invoked(one, finder, depth + 1)));
    return found;
  }

  async #interpreter(
    language: Language,
    program: { readonly name: string; readonly path: string; readonly passing: boolean },
    invocation: Invocation,
  ): Promise<ProgramPrint> {
    // Loaded where a step has one: most time with nothing to do goes into starting.
    this.#interpreters ??= import("./interpreters.js").then(
      ({ Interpreters: all }) => new all(this.host, this.graph, this.#cwd),
    );
    const script = scriptOf(invocation.words);
    const digestOf = (file: string): Promise<string> => this.#digest(file);
    return (await this.#interpreters).print(language, { ...program, script }, invocation, digestOf);
  }

  /** `uv run` takes the project that it is started in, and the environment that belongs to it. */
  async #uv(invocation: Invocation, finder: ProgramFinder, depth: number): Promise<readonly ProgramPrint[]> {
    const project = [...upwards(this.#cwd)].find(folder => existsSync(join(folder, "pyproject.toml")));
    const found: ProgramPrint[] = [];
    for (const file of project === undefined
      ? []
      : ["pyproject.toml", "uv.lock", "uv.toml", ".python-version"]) {
      const path = join(project ?? "", file);
      if (existsSync(path)) found.push({ name: file, digest: await this.#digest(path) });
    }
    const own = join(project ?? "/", ".venv", "bin", "python");
    const program = project !== undefined && existsSync(own) ? own : "python3";
    return [
      ...found,
      ...(await this.#invoked({ ...invocation, program, words: [program] }, finder, depth + 1)),
    ];
  }

  async #digest(path: string): Promise<string> {
    try {
      return await this.host.store.digester.file(path);
    } catch (error) {
      // A program may be executable and not readable.
      if (error instanceof UnreadableInput || (error as NodeJS.ErrnoException).code === "EACCES")
        return unreadable(path);
      throw error;
    }
  }

  /** The first bytes of a file, as text. */
  #head(path: string, digest: string): string {
    const known = this.#heads.get(digest);
    if (known !== undefined || digest.startsWith(UNREADABLE)) return known ?? "";
    const buffer = Buffer.alloc(2048);
    const fd = openSync(path, "r");
    try {
      const head = buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0));
      this.#heads.set(digest, head);
      return head;
    } finally {
      closeSync(fd);
    }
  }
}

/** `runs`: what starts it by its first line, and is looked at by itself. */
type Started = Invocation & { readonly runs?: string };

/** A script run by a script run by a script ... */
const DEEPEST = 5;
const LONGEST_SCRIPT = 1 << 20;
const SHELL = /(?:^| )(?:sh|bash|dash|ash|ksh|zsh)(?: |$)/;
/** Scripts that choose one of several interpreters and do no more. */
const SHIM = /\bexec\b.*\b(?:pyenv|nodenv|asdf|mise|rtx)\b/;

const UNREADABLE = "unreadable";

/** What can be known of a program that may be executed and not read. */
function unreadable(path: string): string {
  const { size, mtimeNs } = statSync(path, { bigint: true });
  return `${UNREADABLE} ${String(size)} ${String(mtimeNs)}`;
}

/** A script outside the inputs, which an interpreter is given by its absolute path. */
function scriptOf([program = "", ...args]: readonly (string | undefined)[]): string | undefined {
  if (!RUNS_SCRIPTS.test(basename(program))) return undefined;
  let option = "";
  for (const word of args) {
    if (word === undefined || /^(?:-[cmep]|--eval|--print)$/.test(word)) return undefined;
    if (word.startsWith("/")) return statSync(word, { throwIfNoEntry: false })?.isFile() ? word : undefined;
    // The value of an option, else a script among the inputs.
    if (!word.startsWith("-") && !TAKES_A_WORD.test(option)) return undefined;
    option = word;
  }
  return undefined;
}

const RUNS_SCRIPTS =
  /^(?:python|pypy|node|nodejs|bun|deno|R|Rscript|perl|ruby|julia|php|lua|octave|java|(?:ba|da|k|mk|z|a)?sh)[\d.]*t?$/;
const TAKES_A_WORD = /^(?:-[WXrIo]|--(?:require|import|loader|project))$/;

/** A bare name or an absolute path, but of programs that go by the folder that they are started in. */
const PLAIN = /^(?:\/(?:[^\0]*\/)?)?(?!uv$)[^/\0]+$/;

function sorted(prints: readonly ProgramPrint[]): readonly ProgramPrint[] {
  if (prints.length < 2) return prints;
  const once = new Map(prints.map(one => [programFrame(one), one]));
  return [...once].sort(([a], [b]) => byCodeUnit(a, b)).map(([, one]) => one);
}
