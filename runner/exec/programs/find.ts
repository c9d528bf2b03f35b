import { accessSync, constants, existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import type { ArtifactRef } from "../../core/record.js";
import type { CommandWork, Environment, GraphNode, NodeInput, Template } from "../../pipeline/graph/graph.js";
import { scriptInvocations, wordInvocations, type Invocation } from "../../pipeline/shell/invocations.js";
import { baseEnvironment } from "../attempt/environment.js";
import { activationOf, interpretersOf, withActivation } from "../environments/activate.js";
import type { Host } from "../host.js";
import { isStaged, type ResultOf } from "../keys/node-inputs.js";

/** Where the word of a program leads. */
export type Found =
  /** `input`: it is one of the step's inputs, or lies in one. */
  | { readonly state: "file"; readonly path: string; readonly input: boolean }
  /** No program of this name on the step's PATH, or no such file. */
  | { readonly state: "missing" }
  /** A file of the user's that may not be executed. */
  | { readonly state: "unfit" }
  /** It cannot be in the step's own folder, unless the step itself makes it. */
  | { readonly state: "undeclared" }
  /** Only a run can tell: it may be made by the step itself. */
  | { readonly state: "unknown" };

/**
 * The programs that a step's command starts, as far as they can be known: one and the same list for commands that differ
 * in nothing but numbers, as those of a sweep do.
 */
export function invocationsOf(
  host: Host,
  { work, env, environment }: Pick<GraphNode, "work" | "env" | "environment">,
): readonly Invocation[] {
  if (work.type !== "command") return [];
  const { commands, variables, base } = machineOf(host, environment);
  const texts = work.words.map(marked);
  const declared = env.map(({ name, value = "\0" }) => `${name}=${value}\0;`).join("");
  const name = `${work.form}\0;${declared}${texts.join(BETWEEN)}`.replace(NUMBER, "0");
  let found = commands.get(name);
  if (found === undefined) {
    const given = env.some(({ value }) => value !== undefined);
    const all = given
      ? new Map(Object.entries(withActivation(base, activationOf(environment), env)))
      : variables;
    // What is installed in an environment counts, even where its interpreter is started by another program.
    const interpreters = interpretersOf(environment).map(program => {
      return { program, words: [program], variables: all, sure: "possible" } as const;
    });
    found = [...readCommand(work.form, texts, all), ...interpreters];
    commands.set(name, found);
  }
  return found;
}

/** Between two words of a list; no mark reads so. */
const BETWEEN = "\0,\0";
/** An argument that is a number, quoted or not: no program is chosen by which one it is. */
const NUMBER = /(?<=[\w"'/\0][ \t]|\0,\0)'?-?\d[\d.]*(?:e-?\d+)?'?(?=[ \t\n]|\0,\0|$)/g;

function readCommand(
  form: CommandWork["form"],
  texts: readonly string[],
  variables: ReadonlyMap<string, string>,
): readonly Invocation[] {
  if (form === "argv") return wordInvocations(texts, variables);
  const shell = { program: SHELL, words: [SHELL], variables, sure: "certain" } as const;
  return [shell, ...scriptInvocations(texts.join(""), variables)];
}

/** The variables by which the programs of most steps in an environment are found; always the same object. */
export function plainEnvironment(
  host: Host,
  environment: Environment | undefined,
): ReadonlyMap<string, string> {
  return machineOf(host, environment).variables;
}

interface Machine {
  /** What programs get without asking, and the same in the environment. */
  readonly base: Readonly<Record<string, string>>;
  readonly variables: ReadonlyMap<string, string>;
  readonly commands: Map<string, readonly Invocation[]>;
}

function machineOf(host: Host, environment: Environment | undefined): Machine {
  let all = machines.get(host);
  if (all === undefined) machines.set(host, (all = new Map<Environment | undefined, Machine>()));
  let found = all.get(environment);
  if (found === undefined) {
    // The folder for temporary files is not known before the step runs.
    const base = Object.fromEntries(
      Object.entries(baseEnvironment(host.env, "")).filter(([name]) => name !== "TMPDIR"),
    );
    const variables = new Map(Object.entries(withActivation(base, activationOf(environment), [])));
    all.set(environment, (found = { base, variables, commands: new Map() }));
  }
  return found;
}

const machines = new WeakMap<Host, Map<Environment | undefined, Machine>>();

/** Those of the nodes with a program that may not be found: a quick look, which in most runs is all. */
export function withoutPrograms(host: Host, nodes: readonly GraphNode[]): readonly GraphNode[] {
  const places = new Map<string, string | undefined>();
  const sound = new Set<readonly Invocation[]>();
  return nodes.filter(node => {
    const invocations = invocationsOf(host, node);
    if (sound.has(invocations)) return false;
    const finder = new ProgramFinder(host, node, () => undefined, places);
    const named = invocations.filter(
      ({ sure, program }) => sure !== "possible" && !isElsewhere(program, node.environment),
    );
    const isSound = named.every(one => ["file", "unknown"].includes(finder.find(one).state));
    // What is among a step's inputs says nothing of another step.
    if (isSound && named.every(({ program }) => !/\0|^[^/].*\//.test(program))) sound.add(invocations);
    return !isSound;
  });
}

/** Whether a word may be a program of an environment that is not built yet, or of an image. */
function isElsewhere(program: string, environment: Environment | undefined): boolean {
  if (environment === undefined || activationOf(environment) !== undefined) return false;
  return environment.type === "container" || !program.includes("/");
}

/** What runs the scripts of steps. */
const SHELL = "/bin/sh";

/** The paths of inputs and outputs stand in a command as marks, since NUL is in no text. */
function marked(template: Template): string {
  return template
    .map(part =>
      "text" in part ? part.text : "input" in part ? `\0i:${part.input}\0` : `\0o:${part.output}\0`,
    )
    .join("");
}

/** Finds the programs of one step, as the system will when it starts them. */
export class ProgramFinder {
  constructor(
    private readonly host: Host,
    private readonly node: GraphNode,
    private readonly resultOf: ResultOf,
    /** By PATH and word: what was found at the same moment before. */
    private readonly known: Map<string, string | undefined>,
  ) {}

  find({ program, variables }: Invocation): Found {
    if (program.includes("/") || program.includes("\0")) return this.#file(program);
    // Nothing set: what execvp(3) and the shell go by.
    const path = variables.get("PATH") ?? "/usr/bin:/bin";
    const place = `${path}\0\0${program}`;
    const own = !/(?:^|:)(?:[^/:]|\0|:|$)/.test(path);
    if (own && this.known.has(place)) return found(this.known.get(place));
    for (const folder of path.split(":")) {
      const candidate = this.#file(`${folder === "" ? "." : folder}/${program}`);
      if (candidate.state !== "file") continue;
      if (own) this.known.set(place, candidate.path);
      return candidate;
    }
    // In the step's own folder there may be more by then.
    if (!own) return { state: "unknown" };
    this.known.set(place, undefined);
    return { state: "missing" };
  }

  /** The file that a word with a `/` names. */
  #file(word: string): Found {
    const [, role, rest = ""] = /^\0i:([^\0]*)\0(.*)$/s.exec(word) ?? [];
    if (role !== undefined) {
      const input = this.node.inputs.find(one => one.role === role);
      const path = input === undefined ? undefined : this.#place(input);
      return path === undefined || rest.includes("\0") ? { state: "unknown" } : this.#input(path + rest);
    }
    if (word.includes("\0")) return { state: "unknown" };
    if (word.startsWith("/")) return isProgram(word) ? found(word) : { state: "missing" };
    const staged = `./${posix.normalize(word)}`;
    for (const { source } of this.node.inputs) {
      if (source.type !== "file" || !isStaged(source, this.node)) continue;
      if (staged === source.path || staged.startsWith(`${source.path}/`))
        return this.#input(source.absolute + staged.slice(source.path.length));
    }
    return { state: "undeclared" };
  }

  /** Whether what is in an input may be executed is part of its content. */
  #input(path: string): Found {
    if (isProgram(path)) return { state: "file", path, input: true };
    return { state: existsSync(path) ? "unfit" : "unknown" };
  }

  /** The file that a word means, where it is read as a script and need not be executable. */
  scriptFile(word: string): string | undefined {
    const [, role, rest = ""] = /^\0i:([^\0]*)\0([^\0]*)$/s.exec(word) ?? [];
    if (role !== undefined) {
      const input = this.node.inputs.find(one => one.role === role);
      const path = input && this.#place(input);
      return path === undefined ? undefined : path + rest;
    }
    if (word.includes("\0")) return undefined;
    if (word.startsWith("/")) return word;
    const staged = `./${posix.normalize(word)}`;
    for (const { source } of this.node.inputs)
      if (source.type === "file" && (staged === source.path || staged.startsWith(`${source.path}/`)))
        return source.absolute + staged.slice(source.path.length);
    return undefined;
  }

  #place({ source }: NodeInput): string | undefined {
    if (source.type === "file") return source.absolute;
    if (source.type === "gathered") return undefined;
    const ref: ArtifactRef | undefined = this.resultOf(source.node)?.outputs[source.output];
    return ref && this.host.store.objects.path(ref);
  }
}

function found(path: string | undefined): Found {
  return path === undefined ? { state: "missing" } : { state: "file", path, input: false };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // As execvp(3) passes over what it may not run.
  }
}
