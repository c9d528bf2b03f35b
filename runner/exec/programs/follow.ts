import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { scriptInvocations, wordInvocations, type Invocation } from "../../pipeline/shell/invocations.js";
import type { ProgramFinder } from "./find.js";
import { realPath, textOf, upwards } from "./folders.js";
import type { Language } from "./languages.js";

/** `runs`: what starts it by its first line, and is looked at by itself. */
export type Started = Invocation & { readonly runs?: string };

/** A program that was found. */
export interface Program {
  readonly path: string;
  /** It lies in an input. */
  readonly input: boolean;
  /** Behind `#!`. */
  readonly line: string | undefined;
  /** It chooses one of several programs of its name, as pyenv's do. */
  readonly shim: boolean;
  readonly language: Language | undefined;
}

/** What a program is known to start: what its first line names; what is written in a shell script of the user's. */
export function nextOf(
  { variables, words, script }: Invocation,
  { path, input, line, shim, language }: Program,
  finder: ProgramFinder,
  cwd: string,
): readonly Started[] {
  const at = (program: string): Started => ({ program, words: [program], variables, sure: "possible" });
  const inFile = (file: string | undefined): readonly Started[] => {
    const text = file === undefined ? undefined : textOf(file);
    const isScript = text !== undefined && text.length <= LONGEST_SCRIPT && !text.includes("\0");
    return isScript ? scriptInvocations(text, variables) : [];
  };
  const next = [...inFile(script === undefined ? undefined : finder.scriptFile(script))];
  // Behind a shim is what is installed for the Python behind the one beside it.
  if (shim) return language === undefined ? [...next, at(join(path, "..", "python3"))] : next;
  if (line !== undefined) {
    const starts = line.split(/[ \t]+/);
    for (const one of wordInvocations(starts, variables))
      next.push({ ...one, words: [...one.words, path], runs: path });
    const isOwn = input || (language === undefined && !SYSTEM.test(realPath(path)));
    if (isOwn && starts.some(word => SHELL.test(basename(word)))) {
      next.push(...inFile(path));
      // It may start what it is given.
      if (/\$[{]?[@*1-9]/.test(textOf(path) ?? ""))
        next.push(...words.slice(1).flatMap(word => (word === undefined ? [] : [at(word)])));
    }
  }
  const project = startsOfProject(path) ? projectOf(cwd) : undefined;
  if (project !== undefined) {
    const names = words
      .slice(1)
      .flatMap(word => (word !== undefined && /^\w[^/\0]*$/.test(word) ? [word] : []));
    for (const folder of ENVIRONMENTS)
      next.push(...["python", ...names].map(name => at(join(project, folder, name))));
  }
  return next;
}

/** The files by which `uv run`, `npx` and the like choose an environment, where a program is one of these. */
export function projectFiles(program: string, cwd: string): readonly string[] {
  const project = startsOfProject(program) ? projectOf(cwd) : undefined;
  if (project === undefined) return [];
  return [...MANIFESTS, ...LOCKS].map(name => join(project, name)).filter(path => existsSync(path));
}

/** Whether a program goes by the project that it is started in. */
export function startsOfProject(program: string): boolean {
  return /^(?:uv|poetry|pipenv|pdm|hatch|rye|pixi|npx|npm|pnpm|yarn|bunx)$/.test(basename(program));
}

/** A script outside the inputs, which an interpreter is given by its absolute path. */
export function scriptOf([program = "", ...args]: readonly (string | undefined)[]): string | undefined {
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

function projectOf(cwd: string): string | undefined {
  return [...upwards(cwd)].find(folder => MANIFESTS.some(name => existsSync(join(folder, name))));
}

const RUNS_SCRIPTS =
  /^(?:python|pypy|node|nodejs|bun|deno|R|Rscript|perl|ruby|julia|php|lua|octave|java|(?:ba|da|k|mk|z|a)?sh)[\d.]*t?$/;
const TAKES_A_WORD = /^(?:-[WXrIo]|--(?:require|import|loader|project))$/;
const LONGEST_SCRIPT = 1 << 20;
const SHELL = /^(?:ba|da|k|mk|z|a)?sh$/;
/** Where scripts are the system's own. */
const SYSTEM = /^\/(?:usr(?!\/local)|bin|sbin|lib|lib64|nix|gnu|snap)\//;
const MANIFESTS = ["pyproject.toml", "Pipfile", "pixi.toml", "package.json"];
const LOCKS = [
  "uv.lock",
  "uv.toml",
  "poetry.lock",
  "Pipfile.lock",
  "pdm.lock",
  "pixi.lock",
  ".python-version",
];
const ENVIRONMENTS = [".venv/bin", ".pixi/envs/default/bin", "node_modules/.bin"];
