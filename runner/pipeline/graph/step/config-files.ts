import { isMapping, isSequence, plainOf, textOf, type Written } from "../../../core/spelled.js";
import { bindValue, compileValue } from "../../expressions/compile.js";
import { jsonText, tomlText, yamlText } from "../../expressions/config-text.js";
import { outputNameFault, TakenPaths } from "../../expressions/output-names.js";
import type { Sites } from "../../expressions/scope.js";
import { bindWord, readText, type Bindings, type Read, type Site } from "../../expressions/template.js";
import { code, show } from "../../mistakes/wording.js";
import type { CommandStep } from "../../steps/spec.js";
import type { ConfigFile } from "../graph.js";

type ConfigFiles = Readonly<Record<string, ConfigFile>>;
/** The files of one instance, whose own input files lie at `staged`; undefined after a mistake. */
export type CompiledFiles = (bindings: Bindings, staged: readonly StagedInput[]) => ConfigFiles | undefined;

/** A file or folder of the user's that is copied into the step's folder. */
export interface StagedInput {
  readonly role: string;
  /** `./data/train.csv` */
  readonly path: string;
}

/** Reads `files:` once for all instances. Undefined: something in it is wrong, and was reported. */
export function compileConfigFiles(work: CommandStep, site: Sites, read: Read): CompiledFiles | undefined {
  const taken = new TakenPaths();
  for (const [name, path] of Object.entries(work.outputs)) taken.take(path, `the output ${code(name)}`);
  const before = site().problems.count;
  const files = Object.entries(work.files).map(([name, value]) => {
    const at = site("files", name);
    const fault = outputNameFault(name) ?? (name.endsWith("/") ? "is the name of a folder" : undefined);
    const clash = fault ?? taken.take(name, `the file ${code(name)}`);
    if (clash !== undefined) {
      at.problems.add("bad-file", `${code(name)} ${clash}`, { ...at.place, part: "key" });
    }
    return { name, at, bind: compileContent(value, at, marking(read)) };
  });
  if (site().problems.count > before) return undefined;
  return (bindings, staged) => {
    const out: Record<string, ConfigFile> = {};
    for (const { name, at, bind } of files) {
      if (!liesApart(name, staged, at)) return undefined;
      const value = bind?.(bindings);
      const file = value === undefined ? undefined : fileOf(name, value, at);
      if (file === undefined) return undefined;
      out[name] = file;
    }
    return out;
  };
}

/** A text is written as it is, with JSON for the lists and mappings in it; all else by the file's ending. */
function compileContent(
  value: Written,
  at: Site,
  read: Read,
): ((bindings: Bindings) => Written | undefined) | undefined {
  const parts = typeof value === "string" ? readText(value, at, read) : undefined;
  if (typeof value === "string" && parts === undefined) return undefined;
  // A whole-value expression keeps its type.
  if (parts !== undefined && parts.length !== 1) return bindings => bindWord(parts, bindings, at);
  const compiled = compileValue(value, at, read);
  return compiled && (bindings => bindValue(compiled, bindings));
}

function fileOf(name: string, value: Written, at: Site): ConfigFile | undefined {
  const format = FORMATS[/\.(ya?ml|json|toml)$/i.exec(name)?.[1]?.toLowerCase() ?? ""];
  if (typeof value === "string") return { format: "text", value };
  const text = textOf(value);
  if (format === undefined && text !== undefined) return { format: "text", value: text };
  const fault = format === undefined ? NO_FORMAT : format === "toml" ? tomlFault(value) : undefined;
  if (fault === undefined && format !== undefined) return { format, value };
  const message = `${code(name)} would hold ${fault?.what ?? show(plainOf(value))}`;
  at.problems.add("bad-file", message, at.place, { hint: fault?.hint });
  return undefined;
}

interface ContentFault {
  readonly what?: string;
  readonly hint: string;
}

const NO_FORMAT: ContentFault = {
  hint: "its ending does not say how to write that: name it `.yaml`, `.json` or `.toml`, or give it a text",
};

function tomlFault(value: Written): ContentFault | undefined {
  if (!isMapping(value)) return { hint: "a TOML file holds a mapping" };
  const empty = emptyIn(value, "");
  return empty === undefined
    ? undefined
    : {
        what: `nothing under ${code(empty)}`,
        hint: "TOML cannot say that: leave it out, or write YAML or JSON",
      };
}

const FORMATS: Readonly<Record<string, ConfigFile["format"]>> = {
  yaml: "yaml",
  yml: "yaml",
  json: "json",
  toml: "toml",
};

/** Where nothing stands in a value. */
function emptyIn(value: Written, path: string): string | undefined {
  if (isSequence(value)) {
    for (const [i, item] of value.entries()) {
      const found = emptyIn(item, `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isMapping(value)) return plainOf(value) === null ? path : undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = emptyIn(item, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a file does not meet an input that is copied into the same folder. */
function liesApart(name: string, staged: readonly StagedInput[], at: Site): boolean {
  if (staged.length === 0) return true;
  const taken = new TakenPaths();
  taken.take(name, "");
  for (const { role, path } of staged) {
    if (taken.take(path.slice(2), `the input ${code(role)}`) === undefined) continue;
    const message = `${code(name)} and the input ${code(role)}, which is copied to ${code(path)}, would meet in the step's folder`;
    at.problems.add(
      "bad-file",
      message,
      { ...at.place, part: "key" },
      { hint: "give the file another name" },
    );
    return false;
  }
  return true;
}

/** Paths are known when the step starts: until then a mark stands for them, which no text can hold. */
function marking(read: Read): Read {
  return (reference, at) => {
    const part = read(reference, at);
    if (part === undefined || !("input" in part || "output" in part)) return part;
    return {
      reference,
      value: "input" in part ? pathMark("inputs", part.input) : pathMark("outputs", part.output),
    };
  };
}

/** What stands for `${{ inputs.name }}` in the texts of a file. */
function pathMark(root: "inputs" | "outputs", name: string): string {
  return `\0${root}.${name}\0`;
}

/** The file's bytes as text. `paths`: of each input and output, or of none: then the marks stay, as a key has them. */
export function configText({ format, value }: ConfigFile, paths?: Paths): string {
  const filled = paths === undefined ? value : fill(value, paths);
  if (format === "json") return `${jsonText(filled)}\n`;
  if (format === "toml") return isMapping(filled) ? tomlText(filled) : "";
  return format === "yaml" ? yamlText(filled) : typeof filled === "string" ? filled : "";
}

type Paths = Readonly<Record<"inputs" | "outputs", Readonly<Record<string, string>>>>;

function fill(value: Written, paths: Paths): Written {
  if (typeof value === "string") return fillText(value, paths);
  if (isSequence(value)) return value.map(item => fill(item, paths));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, paths)]));
}

function fillText(text: string, paths: Paths): string {
  return text
    .split("\0")
    .map((piece, i) => {
      if (i % 2 === 0) return piece;
      const [root = "", name = ""] = piece.split(".", 2);
      return (root === "inputs" ? paths.inputs : paths.outputs)[name] ?? "";
    })
    .join("");
}
