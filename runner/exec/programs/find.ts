import { accessSync, constants, existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import type { ArtifactRef } from "../../core/record.js";
import type { GraphNode, NodeInput, Template } from "../../graph/types.js";
import { scriptInvocations, wordInvocations, type Invocation } from "../../spec/invocations.js";
import { baseEnvironment } from "../environment.js";
import type { Host } from "../host.js";
import { isStaged, type ResultOf } from "../node-inputs.js";

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

/** The programs that a step's command starts, as far as they can be known. */
export function invocationsOf(host: Host, node: GraphNode): readonly Invocation[] {
  let found = known.get(node);
  if (found === undefined) known.set(node, (found = readCommand(node, environmentOf(host, node))));
  return found;
}

/** A step is asked after before the run, for its key, and before and after it is run. */
const known = new WeakMap<GraphNode, readonly Invocation[]>();

function readCommand(node: GraphNode, env: ReadonlyMap<string, string>): readonly Invocation[] {
  if (node.work.type !== "command") return [];
  const texts = node.work.words.map(marked);
  if (node.work.form === "argv") return wordInvocations(texts, env);
  const shell = { program: SHELL, words: [SHELL], variables: env, sure: "certain" } as const;
  return [shell, ...scriptInvocations(texts.join(""), env)];
}

/** The variables by which the programs of most steps are found; always the same object. */
export function plainEnvironment(host: Host): ReadonlyMap<string, string> {
  let found = plain.get(host);
  if (found === undefined) {
    // The folder for temporary files is not known before the step runs.
    found = new Map(Object.entries(baseEnvironment(host.env, "")).filter(([name]) => name !== "TMPDIR"));
    plain.set(host, found);
  }
  return found;
}

const plain = new WeakMap<Host, ReadonlyMap<string, string>>();

function environmentOf(host: Host, { env }: GraphNode): ReadonlyMap<string, string> {
  const base = plainEnvironment(host);
  if (env.length === 0) return base;
  const declared = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return new Map([...base, ...declared]);
}

/** Those of the nodes with a program that may not be found: a quick look, which in most runs is all. */
export function withoutPrograms(host: Host, nodes: readonly GraphNode[]): readonly GraphNode[] {
  const places = new Map<string, string | undefined>();
  const there = new Set<string>();
  const base = plainEnvironment(host);
  return nodes.filter(node => {
    const left = invocationsOf(host, node).filter(
      one => one.sure !== "possible" && (one.variables !== base || !there.has(one.program)),
    );
    if (left.length === 0) return false;
    const finder = new ProgramFinder(host, node, () => undefined, places);
    return left.some(one => {
      const { state } = finder.find(one);
      if (state === "file" && one.variables === base && !/\0|^[^/].*\//.test(one.program))
        there.add(one.program);
      return state !== "file" && state !== "unknown";
    });
  });
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
