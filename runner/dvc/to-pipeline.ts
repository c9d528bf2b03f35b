import { statSync } from "node:fs";
import { join, posix } from "node:path";
import { endingOf, labelFileName } from "../exec/attempt/label-file-name.js";
import { isMapping, isSequence, type Written, wordOf } from "../core/spelled.js";
import { valueAt } from "../pipeline/document/place.js";
import type { Problems } from "../pipeline/document/problems.js";
import { code } from "../pipeline/mistakes/wording.js";
import { shellWord } from "../pipeline/shell/shell.js";
import type { Instance } from "./instances.js";
import {
  asExpressions,
  asOptions,
  interpolate,
  lookUp,
  partsOf,
  plainText,
  type Piece,
  type Scope,
} from "./interpolation.js";
import { joined, Links, type Target } from "./dvc-links.js";
import { DEFAULT_FILE, type Params } from "./dvc-params.js";
import type { Out, Stage, Text, TrackedParams } from "./stages.js";

/** A step of the pipeline, to be written as YAML. */
export interface ImportedStep {
  readonly name: string;
  readonly description: string;
  readonly matrix: Readonly<Record<string, Written>>;
  readonly over: readonly string[];
  /** The lines of its script. */
  readonly script: readonly string[];
  readonly files: Readonly<Record<string, Written>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Stages -> steps. A program finds everything where it stood in DVC: links lead from there to the step's inputs, and what
 * it writes is moved to the step's outputs at the end. So its command stays as it was.
 */
export class StepWriter {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(
    readonly links: Links,
    readonly params: Params,
    readonly problems: Problems,
    /** Top-level `metrics:` of dvc.yaml. */
    readonly metrics: readonly Text[],
  ) {
    for (const stage of links.stages)
      for (const instance of links.isSplit(stage) ? stage.instances : [undefined]) {
        const wanted = instance === undefined ? stage.name : `${stage.name}-${instance.suffix}`;
        this.#names.set(keyOf(stage, instance), unused(wanted, this.#taken));
      }
  }

  async steps(): Promise<readonly ImportedStep[]> {
    const steps: ImportedStep[] = [];
    for (const stage of this.links.stages)
      for (const instance of this.links.isSplit(stage) ? stage.instances : [undefined])
        steps.push(await this.#step(stage, instance));
    return steps;
  }

  async #step(stage: Stage, alone: Instance | undefined): Promise<ImportedStep> {
    const example = alone ?? stage.instances[0];
    const scope: Scope = (alone === undefined ? example?.scope : alone.alone) ?? this.params.scope;
    const folders = new Set<string>();
    const links = new Map<string, string>();
    const inputs = new Inputs();
    const over = new Set<string>();
    for (const dep of stage.deps) {
      const path = this.#path(stage, dep, scope);
      const targets = example === undefined ? [] : this.links.targets(stage, dep, example);
      if (targets.length === 0) this.#userFile(path, dep, inputs);
      for (const target of targets) {
        const place = target.under === "" ? path : `${path}/${target.under}`;
        const { source, gathered } = this.#source(stage, dep, target, { alone, scope, inputs });
        for (const axis of gathered) over.add(axis);
        links.set(place, source);
        folders.add(posix.dirname(place));
      }
    }
    const outputs = this.#outputs(stage);
    const moves = stage.outs.map((out, i) => {
      const path = this.#path(stage, out, scope);
      folders.add(posix.dirname(path));
      return `mv ${path.startsWith("/") ? "" : "./"}${quoted(path)} \${{ outputs.${outputs.names[i] ?? ""} }}`;
    });
    const wdir = this.#text(stage.wdir, scope);
    if (wdir !== ".") folders.add(joined(".", wdir));
    const files = await this.#files(stage, scope, inputs);
    const commands = stage.commands.flatMap(text => this.#command(text, scope).split("\n"));
    for (const path of this.#unlisted(commands, wdir, links)) {
      if (inputs.has(`./${path}`) || files[path] !== undefined) continue;
      inputs.add(`./${path}`, path);
      this.problems.add(
        "not-carried",
        `${code(path)} stands in the command and not in ` + "`deps`" + `: it is an input here`,
        valueAt(...(stage.commands[0]?.at ?? [])),
        { severity: "warning" },
      );
    }
    const inside = [...folders].filter(folder => folder !== "." && !folder.startsWith("/"));
    return {
      name: this.#nameOf(stage, alone),
      description: stage.description,
      matrix: Object.fromEntries(
        alone === undefined ? stage.axes.map(({ name, values }) => [name, values]) : [],
      ),
      over: [...over],
      script: [
        ...(inside.length === 0 ? [] : [`mkdir -p ${inside.map(quoted).join(" ")}`]),
        ...[...links].map(([place, source]) => `ln -s ${source} ${quoted(place)}`),
        ...(wdir === "."
          ? commands
          : ["(", `  cd ${quoted(wdir)}`, ...commands.map(line => `  ${line}`), ")"]),
        ...outputs.copies,
        ...moves,
      ].filter(line => line !== ""),
      files,
      inputs: inputs.entries(),
      outputs: outputs.entries,
    };
  }

  /** Files of the project that a command names and the stage does not. */
  #unlisted(
    commands: readonly string[],
    wdir: string,
    links: ReadonlyMap<string, string>,
  ): readonly string[] {
    const words = commands
      .flatMap(line => line.split(/[\s='"();|&<>]+/))
      .filter(word => /^[\w.-]+(\/[\w.-]+)*$/.test(word));
    const below = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
    const made = this.links.stages.flatMap(stage =>
      stage.instances.flatMap(({ scope }) => stage.outs.map(out => this.links.path(stage, out, scope))),
    );
    return [...new Set(words.map(word => joined(wdir, word)))].filter(
      path =>
        statSync(join(this.params.folder, path), { throwIfNoEntry: false })?.isFile() === true &&
        ![...links.keys(), ...made].some(folder => below(path, folder)),
    );
  }

  #userFile(path: string, dep: Text, inputs: Inputs): void {
    if (/^[a-z0-9+]+:\/\//i.test(dep.written) || path.startsWith(".."))
      this.problems.add("not-carried", `${code(dep.written)} lies outside the project`, valueAt(...dep.at), {
        severity: "warning",
        hint: "fetch it in a step of its own, or name it by its absolute path",
      });
    else inputs.add(path.startsWith("/") ? path : `./${path}`, path);
  }

  /** The word of the script that names what a dependency is, and the axes that are gathered for it. */
  #source(
    stage: Stage,
    dep: Text,
    target: Target,
    { alone, scope, inputs }: { alone: Instance | undefined; scope: Scope; inputs: Inputs },
  ): { readonly source: string; readonly gathered: readonly string[] } {
    const { stage: producer, instance, out } = target;
    const split = this.links.isSplit(producer);
    const axes = alone === undefined ? stage.axes.map(({ name }) => name) : [];
    const gathered = split ? [] : Object.keys(instance.labels).filter(axis => !axes.includes(axis));
    const { names, entries } = this.#outputs(producer);
    const output = names[out] ?? "";
    const role = inputs.add(`${this.#nameOf(producer, split ? instance : undefined)}.${output}`, output);
    const labels = Object.fromEntries(gathered.map(axis => [axis, instance.labels[axis] ?? ""]));
    const entry = gathered.length === 0 ? "" : `/${labelFileName(labels)}${endingOf(entries[output] ?? "")}`;
    const written = this.links.insideAsWritten(stage, dep, target);
    const inside = written === undefined ? target.inside : this.#text({ written, at: dep.at }, scope);
    const rest = `${entry}${inside === "" ? "" : `/${inside}`}`;
    return { source: `\${{ inputs.${role} }}${rest === "" ? "" : quoted(rest)}`, gathered };
  }

  /** Names and files of a stage's outputs, and the commands that copy metrics out of a folder. */
  #outputs(stage: Stage) {
    const taken = new Set<string>(["metrics"]);
    const files = new Set<string>();
    const listed = this.metrics.map(({ written }) => joined(".", written));
    const isMetrics = (out: Out): boolean => out.metrics || listed.includes(this.links.written(stage, out));
    const first = stage.outs.findIndex(isMetrics);
    const entries: Record<string, string> = {};
    const names = stage.outs.map((out, i) => {
      const base = posix.basename(out.written.replace(/\/+$/, ""));
      if (isMetrics(out) && i !== first)
        this.problems.add(
          "not-carried",
          `${code(out.written)} is kept as a file: a step has the metrics of one`,
          valueAt(...out.at),
          {
            severity: "warning",
          },
        );
      const name = i === first ? "metrics" : unused(plainName(out.written), taken);
      const file = out.written.includes("${") ? `${name}${endingOf(out.written)}` : base;
      entries[name] = files.has(file) ? `${name}${endingOf(base)}` : file;
      files.add(file);
      return name;
    });
    const copies = stage.outs.flatMap(out => {
      const folder = this.links.written(stage, out);
      const inside = listed.find(path => path.startsWith(`${folder}/`));
      if (inside === undefined || "metrics" in entries) return [];
      entries["metrics"] = posix.basename(inside);
      return [`cp ${quoted(inside)} \${{ outputs.metrics }}`];
    });
    return { names, entries, copies };
  }

  /** Params files as DVC lets a program read them: with the params that the stage names. */
  async #files(stage: Stage, scope: Scope, inputs: Inputs): Promise<Record<string, Written>> {
    const files: Record<string, Tree> = {};
    for (const tracked of stage.params) {
      const path = joined(this.#text(stage.wdir, scope), tracked.file);
      if (inputs.has(`./${path}`)) continue;
      const holder = await this.params.ofFile(path);
      if (holder === undefined) {
        inputs.add(`./${path}`, path);
        this.#warn(
          tracked,
          `${code(tracked.file)} is an input as a whole: any change of it runs the step again`,
        );
        continue;
      }
      const names =
        tracked.names?.map(
          written => plainText(this.#pieces({ written, at: tracked.at }, scope)) ?? written,
        ) ?? Object.keys(isMapping(holder.value) ? holder.value : {});
      const entries = new Map(
        Object.entries(isMapping(holder.value) ? holder.value : {}).map(([name, value]) => {
          const ref =
            path === DEFAULT_FILE ? this.params.scope.get(name)?.ref : `${holder.ref ?? ""}.${name}`;
          return [name, { value, ref }] as const;
        }),
      );
      for (const name of names) {
        const found = lookUp(name, entries);
        if (found === undefined) this.#warn(tracked, `${code(tracked.file)} has no ${code(name)}`);
        else
          place(
            (files[path] ??= {}),
            partsOf(name),
            found.ref === undefined ? found.value : `\${{ ${found.ref} }}`,
          );
      }
    }
    return files;
  }

  #command(text: Text, scope: Scope): string {
    const fault = (message: string): void => this.problems.add("not-text", message, valueAt(...text.at));
    const pieces = this.#pieces(text, scope).flatMap((piece): readonly Piece[] => {
      if (typeof piece === "string") return [piece];
      if (isMapping(piece.value)) return asOptions(piece);
      if (isSequence(piece.value))
        fault(`${code(piece.ref ?? "a list")} is a list, which no command can hold`);
      const word = wordOf(piece.value) ?? "";
      if (piece.ref === undefined || piece.ref.startsWith("matrix.") || shellWord(word) === word)
        return [piece];
      // DVC puts the text in as it is, and the shell splits it.
      this.problems.add(
        "not-carried",
        `${code(word)} is written into the command: as a param it would be one word`,
        valueAt(...text.at),
        {
          severity: "warning",
        },
      );
      return [word];
    });
    return asExpressions(pieces).trimEnd();
  }

  #path(stage: Stage, text: Text, scope: Scope): string {
    return joined(this.#text(stage.wdir, scope), this.#text(text, scope));
  }

  #text(text: Text, scope: Scope): string {
    return asExpressions(this.#pieces(text, scope));
  }

  #pieces(text: Text, scope: Scope): readonly Piece[] {
    return interpolate(text.written, scope, name =>
      this.problems.add("unknown-name", `${code(name)} has no value`, valueAt(...text.at), {
        hint: `for a variable of the shell write ${code(`\\\${${name}}`)}, as DVC wants it too`,
      }),
    );
  }

  #nameOf(stage: Stage, instance: Instance | undefined): string {
    return this.#names.get(keyOf(stage, instance)) ?? stage.name;
  }

  #warn({ at }: TrackedParams, message: string): void {
    this.problems.add("not-carried", message, valueAt(...at), { severity: "warning" });
  }
}

/** A step's inputs, each under a name like that of its file. */
class Inputs {
  readonly #roles = new Map<string, string>();
  readonly #taken = new Set<string>();

  add(source: string, path: string): string {
    const known = this.#roles.get(source);
    if (known !== undefined) return known;
    const role = unused(
      posix.basename(path.replace(/\$\{\{.*?\}\}/g, "")).replace(/\.[^.]*$/, ""),
      this.#taken,
    );
    this.#roles.set(source, role);
    return role;
  }

  /** Whether this path of the user's is there, or a folder that holds it. */
  has(source: string): boolean {
    return [...this.#roles.keys()].some(known => source === known || source.startsWith(`${known}/`));
  }

  entries(): Record<string, string> {
    return Object.fromEntries([...this.#roles].map(([source, role]) => [role, source]));
  }
}

interface Tree {
  [name: string]: Written | Tree;
}

function place(tree: Tree, [name = "", ...rest]: readonly string[], value: Written): void {
  if (rest.length === 0) tree[name] = value;
  else place((tree[name] ??= {}) as Tree, rest, value);
}

function keyOf(stage: Stage, instance: Instance | undefined): string {
  return JSON.stringify([stage.name, instance?.suffix]);
}

/** The last part of a path, without its ending, that is more than an expression. */
function plainName(path: string): string {
  const parts = path.replace(/\$?\$\{[^}]*\}\}?/g, "").split("/");
  const names = parts.map(part => part.replace(/\.[^.]*$/, "").replace(/^\W+|\W+$/g, ""));
  return names.findLast(name => name !== "") ?? "files";
}

/** A name like the wanted one that a step, a role or an output can have. */
function unused(wanted: string, taken: Set<string>): string {
  const plain = wanted.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
  const base = /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
  taken.add(name);
  return name;
}

/** A word of a script, its expressions as they are: vistas quotes what they stand for. */
function quoted(path: string): string {
  return path
    .split(/(\$\{\{.*?\}\})/)
    .map(part => (part.startsWith("${{") || part === "" ? part : shellWord(part)))
    .join("");
}
