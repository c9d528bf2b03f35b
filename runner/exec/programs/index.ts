import { existsSync, openSync, readSync, closeSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { programFrame } from "../../cache/fingerprint.js";
import { sha256 } from "../../cache/hash.js";
import { byCodeUnit } from "../../core/json.js";
import type { ProgramPrint } from "../../core/record.js";
import type { Environment, Graph, GraphNode } from "../../pipeline/graph/graph.js";
import type { Invocation } from "../../pipeline/shell/invocations.js";
import { UnreadableInput } from "../../store/objects/digest.js";
import { activationOf } from "../environments/activate.js";
import type { Environments } from "../environments/index.js";
import type { Recipe } from "../environments/recipe.js";
import type { Host } from "../host.js";
import type { ResultOf } from "../keys/node-inputs.js";
import { invocationsOf, plainEnvironment, ProgramFinder } from "./find.js";
import { entriesOf, existingFolder, Items, realPath, textOf } from "./folders.js";
import { nextOf, projectFiles, scriptOf, startsOfProject, type Program, type Started } from "./follow.js";
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
  #environments: Promise<Environments> | undefined;
  readonly #cwd: string;
  /** By content. */
  readonly #heads = new Map<string, string>();
  // What was found at the same moment before.
  #found = new Map<string, string | undefined>();
  #known = new Map<string, Promise<Examined>>();
  /** Of programs that are found by their name alone, with the variables that most steps have; and of lists of them. */
  #plain = new Map<string, readonly ProgramPrint[]>();
  #lists = new WeakMap<readonly Invocation[], readonly ProgramPrint[]>();

  constructor(
    private readonly host: Host,
    private readonly graph: Graph,
  ) {
    this.#cwd = existingFolder(host.store.workFolders());
  }

  /** Looks at everything anew. */
  forget(): void {
    void this.#environments?.then(environments => environments.forget());
    this.#found = new Map();
    this.#known = new Map();
    this.#plain = new Map();
    this.#lists = new WeakMap();
  }

  /** Sorted, each once. */
  of(node: GraphNode, resultOf: ResultOf): readonly ProgramPrint[] | Promise<readonly ProgramPrint[]> {
    const invocations = invocationsOf(this.host, node);
    // The most frequent case by far waits for nothing, and gives one list to all steps alike.
    const before = this.#lists.get(invocations);
    if (before !== undefined) return before;
    const usual = plainEnvironment(this.host, node.environment);
    const isBuilt = node.environment !== undefined && activationOf(node.environment) === undefined;
    const plain = invocations.map(one =>
      !isBuilt && isPlain(one, usual) ? this.#plain.get(plainName(one, node)) : undefined,
    );
    if (!plain.includes(undefined)) {
      const found = sorted(plain.flatMap(prints => prints ?? []));
      this.#lists.set(invocations, found);
      return found;
    }
    return this.#lookFor(invocations, node, new ProgramFinder(this.host, node, resultOf, this.#found));
  }

  /**
   * Files and folders that are read before a step's own code runs, all of which its key covers: its programs, and what their
   * interpreters find. `environment`: the folder of one that vistas built.
   */
  async places(
    node: GraphNode,
    resultOf: ResultOf,
    environment: string | undefined,
  ): Promise<readonly string[]> {
    const started: { path: string; program: Program; one: Started }[] = [];
    const finder = new ProgramFinder(this.host, node, resultOf, this.#found);
    const isOwn = (await this.#recipe(node.environment))?.isOwn ?? (() => false);
    for (const invocation of invocationsOf(this.host, node))
      if (!isOwn(invocation.program))
        await this.#startedBy(invocation, finder, node.environment, isOwn, (...one) => {
          const [path, program, of] = one;
          started.push({ path, program, one: of });
        });
    const { Interpreters: all } = await import("./interpreters.js");
    const interpreters = new all(this.host, this.graph, this.#cwd);
    const places: string[] = [];
    const ask = async (path: string, language: Language, variables: Started["variables"]): Promise<void> => {
      const asked = { name: basename(path), path, script: undefined, passing: true };
      places.push(...(await interpreters.places(language, asked, variables)));
    };
    for (const { path, program, one } of started) {
      // A shim's own folder, with what it goes by.
      places.push(path, realPath(path), ...(program.shim ? [join(path, "..", "..")] : []));
      if (program.language !== undefined) await ask(path, program.language, one.variables);
      const script = scriptOf(one.words);
      if (script !== undefined) places.push(program.language?.name === "python" ? dirname(script) : script);
    }
    const python = environment === undefined ? "" : join(environment, "bin", "python");
    const language = languageOf("python");
    if (language !== undefined && existsSync(python))
      await ask(python, language, plainEnvironment(this.host, undefined));
    return [...new Set(places)];
  }

  async #recipe(environment: Environment | undefined): Promise<Recipe | undefined> {
    if (environment === undefined || activationOf(environment) !== undefined) return undefined;
    this.#environments ??= import("../environments/index.js").then(
      ({ Environments: all }) => new all(this.host, this.graph),
    );
    return (await this.#environments).recipe(environment);
  }

  async #lookFor(
    invocations: readonly Invocation[],
    node: GraphNode,
    finder: ProgramFinder,
  ): Promise<readonly ProgramPrint[]> {
    const usual = plainEnvironment(this.host, node.environment);
    const recipe = await this.#recipe(node.environment);
    const found: ProgramPrint[] = [...(recipe?.prints ?? []), ...condaPrint(node.environment)];
    const isOwn = recipe?.isOwn ?? (() => false);
    for (const invocation of invocations) {
      if (isOwn(invocation.program)) continue;
      const { prints, alone } = await this.#startedBy(invocation, finder, node.environment, isOwn);
      if (alone && isPlain(invocation, usual)) this.#plain.set(plainName(invocation, node), prints);
      found.push(...prints);
    }
    return sorted(found);
  }

  /** A program, and those that it is known to start. `alone`: there are none, whatever it is given. */
  async #startedBy(
    invocation: Invocation,
    finder: ProgramFinder,
    environment: Environment | undefined,
    isOwn: (program: string) => boolean,
    visit: (path: string, program: Program, one: Started) => void = () => undefined,
  ): Promise<{ readonly prints: readonly ProgramPrint[]; readonly alone: boolean }> {
    const found: ProgramPrint[] = [];
    const seen = new Set<string>();
    let scripts = 0;
    const queue: { readonly one: Started; readonly depth: number }[] = [{ one: invocation, depth: 0 }];
    for (const { one, depth } of queue) {
      const place = finder.find(one);
      // A script of the user's may ask for programs that it can do without.
      if (place.state === "missing" && depth === 0 && one.sure !== "possible")
        found.push({ name: basename(one.program), digest: "absent" });
      if (place.state !== "file") continue;
      const known = this.#nameOf(place.path, place.input, one);
      const seenAs = [known, one.script, ...one.words].join("\0");
      if (seen.has(seenAs)) continue;
      seen.add(seenAs);
      const looked = this.#known.get(known) ?? this.#examine(place.path, place.input, one);
      this.#known.set(known, looked);
      const { prints, program } = await looked;
      visit(place.path, program, one);
      if (program.line !== undefined && !program.shim) scripts++;
      found.push(...(isIn(place.path, environment) ? prints.map(one => placed(one, environment)) : prints));
      if (depth < DEEPEST)
        for (const next of nextOf(one, program, finder, this.#cwd))
          if (!isOwn(next.program)) queue.push({ one: next, depth: depth + 1 });
    }
    return { prints: found, alone: queue.length === 1 && scripts === 0 };
  }

  /** Under which the same program in the same surroundings is known. */
  #nameOf(path: string, input: boolean, { program, variables, words, runs }: Started): string {
    const language = languageOf(path) ?? languageOf(program);
    const relevant = [...variables].filter(([name]) => isRelevant(name, language)).flat();
    return [path, program, String(input), scriptOf(words), runs, ...relevant].join("\0");
  }

  async #examine(path: string, input: boolean, invocation: Started): Promise<Examined> {
    const name = basename(invocation.program);
    const digest = await this.#digest(path);
    const head = this.#head(path, digest);
    const line = /^#![ \t]*([^\n]*)/.exec(head)?.[1]?.trim();
    const language = languageOf(path) ?? languageOf(realPath(path)) ?? languageOf(name);
    const shim = line !== undefined && SHIM.test(head);
    const prints: ProgramPrint[] = [];
    if (language !== undefined) {
      const passing = line !== undefined && !shim;
      prints.push(await this.#interpreter(language, { name, path, passing }, invocation));
      if (!input && passing) prints.push({ name: `${name} (script)`, digest });
    } else if (!input) {
      // The first line of a script names a place; what it leads to is looked at by itself.
      const own = line === undefined ? digest : sha256((textOf(path) ?? "").replace(/^[^\n]*/, ""));
      prints.push({ name, digest: own });
    }
    const script = scriptOf(invocation.words);
    if (script !== undefined && script !== invocation.runs)
      prints.push({ name: basename(script), digest: await this.#digest(script) });
    for (const file of projectFiles(name, this.#cwd))
      prints.push({ name: basename(file), digest: await this.#digest(file) });
    return { prints, program: { path, input, line, shim, language } };
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

/** Whether what a program is depends on its name alone, and not on its arguments or on the step's inputs. */
function isPlain(
  { program, variables, script, words }: Invocation,
  usual: ReadonlyMap<string, string>,
): boolean {
  const isAlone = script === undefined && PLAIN.test(program) && !startsOfProject(program);
  return isAlone && variables === usual && scriptOf(words) === undefined;
}

function plainName({ program }: Invocation, { environment }: GraphNode): string {
  return `${activationOf(environment)?.bin ?? ""}\0${program}`;
}

/** What does not depend on the step's inputs or on variables that it declares for its own. */
interface Examined {
  readonly prints: readonly ProgramPrint[];
  readonly program: Program;
}

/** A script run by a script run by a script ... */
const DEEPEST = 5;
/** Scripts that choose one of several interpreters and do no more. */
const SHIM = /\bexec\b.*\b(?:pyenv|nodenv|asdf|mise|rtx)\b/;

const UNREADABLE = "unreadable";

/** What can be known of a program that may be executed and not read. */
function unreadable(path: string): string {
  const { size, mtimeNs } = statSync(path, { bigint: true });
  return `${UNREADABLE} ${String(size)} ${String(mtimeNs)}`;
}

/** A bare name or an absolute path. */
const PLAIN = /^(?:\/(?:[^\0]*\/)?)?[^/\0]+$/;

function isIn(path: string, environment: Environment | undefined): environment is Environment {
  const bin = activationOf(environment)?.bin;
  return bin !== undefined && path.startsWith(`${bin}/`);
}

/** The packages of a conda environment without Python, which else tells them. */
function condaPrint(environment: Environment | undefined): readonly ProgramPrint[] {
  if (environment?.type !== "conda" || existsSync(join(environment.folder, "bin", "python"))) return [];
  const items = new Items();
  for (const { name } of entriesOf(join(environment.folder, "conda-meta"))) {
    const [, called, version] = /^(.+)-([^-]+-[^-]+)\.json$/.exec(name) ?? [];
    if (called !== undefined && version !== undefined) items.add(`conda:${called}`, version);
  }
  const packages = items.text();
  // It is nothing but these.
  return [{ name: "conda", digest: sha256("conda"), packages, in: environment.name }];
}

/** With what the environment is called, where the print says what is installed in it. */
function placed(print: ProgramPrint, { name }: Environment): ProgramPrint {
  return print.packages === undefined ? print : { ...print, in: name };
}

function sorted(prints: readonly ProgramPrint[]): readonly ProgramPrint[] {
  if (prints.length < 2) return prints;
  const once = new Map(prints.map(one => [programFrame(one), one]));
  // The interpreter of an environment counts once, whatever it is called there.
  const own = new Set<string>();
  for (const [key, { version = "", packages = "", ...one }] of [...once].sort(([a], [b]) =>
    byCodeUnit(a, b),
  )) {
    if (one.in === undefined) continue;
    const same = [one.in, one.digest, version, packages].join("\0");
    if (own.has(same)) once.delete(key);
    own.add(same);
  }
  return [...once].sort(([a], [b]) => byCodeUnit(a, b)).map(([, one]) => one);
}
