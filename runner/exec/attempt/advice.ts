import { existsSync, lstatSync, readdirSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import { code } from "../../pipeline/mistakes/wording.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { logTail } from "./log-tail.js";

/** Where a program of the user's worked, and what it said. */
export interface Workplace {
  readonly graph: Graph;
  readonly node: GraphNode;
  /** The folder that it was started in. */
  readonly cwd: string;
  readonly log: string;
  /** The folder stays, so that what is in it can be had. */
  readonly kept: boolean;
}

/**
 * What a program that failed may have lacked: a file of the project that its last words, or the fault of its start, name,
 * and that is no input of the step. Empty where there is none.
 */
export function missingInputAdvice(fault: string, { graph, node, cwd, log }: Workplace): string {
  if (node.work.type !== "command") return "";
  for (const line of `${fault}\n${logTail(log)}`.split("\n").reverse()) {
    if (!MISSING.test(line)) continue;
    for (const path of pathsIn(line, cwd)) {
      // What an input brought is there, so that something else is wrong with it.
      if (existsSync(join(cwd, path)) || !existsSync(join(node.project ?? graph.project, path))) continue;
      const input = `inputs: { ${roleOf(path)}: ./${path} }`;
      return `${path} is in the project, and not in the step's own folder: declare it under inputs, such as \`${input}\``;
    }
  }
  return "";
}

/** How programs say that a file, a script or a module is not there. */
const MISSING =
  /no such file|not found|ENOENT|cannot (find|open|access|stat)|can't (find|open|access|stat)|no module named|does not exist|doesn't exist/i;

/** The relative paths that a line may name: what stands in quotes, or between blanks and colons. */
function pathsIn(line: string, cwd: string): string[] {
  const quoted = [...line.matchAll(/['"`\u2018\u201c]([^'"`\u2019\u201d]{1,1000})['"`\u2019\u201d]/g)].map(
    match => match[1] ?? "",
  );
  const bare = line.split(/[\s:,;'"`()[\]]+/);
  const paths = [...quoted, ...bare]
    .map(word => word.replace(/[.,;:]+$/, ""))
    .map(word => (word.startsWith(`${cwd}/`) ? relative(cwd, word) : word.replace(/^(\.\/)+/, "")))
    .filter(word => word !== "" && word.length < 1000 && !/^[/~]|^\.\.?($|\/)|\/\.\.(\/|$)|\0/.test(word));
  // Python and others name a module without its ending.
  const modules = /module/i.test(line)
    ? paths
        .filter(word => extname(word) === "" || /^[\w.]+$/.test(word))
        .map(word => `${word.replaceAll(".", "/")}.py`)
    : [];
  return [...paths, ...modules];
}

function roleOf(path: string): string {
  const name = basename(path, extname(path)).replace(/[^A-Za-z0-9_-]+/g, "_");
  return /^[A-Za-z_]/.test(name) ? name : `file_${name}`;
}

/** Where a program wrote an output that is missing where it belongs. Empty where it is nowhere. */
export function misplacedOutputAdvice(output: string, path: string, place: Workplace): string {
  const { cwd, node, graph, kept } = place;
  if (node.work.type !== "command") return "";
  const wanted = node.work.outputs[output] ?? basename(path);
  const write = `write it to \`\${{ outputs.${output} }}\``;
  const words = [relative("", graph.file), node.id].map(shellWord).join(" ");
  const rescue = kept ? `: rescue it with \`vistas rescue ${words} DIR\`` : "";
  const written = Object.keys(node.work.files ?? {});
  const found = [wanted, basename(wanted)].find(name => !written.includes(name) && isOwn(join(cwd, name)));
  if (found !== undefined)
    return `${code(found)} was written in the working folder, not at the output's path (${write})${rescue}`;
  const beside = entriesOf(dirname(path)).filter(name => name !== basename(path));
  if (beside.length > 0)
    return `beside it there is ${beside.slice(0, 3).join(", ")} (${write}, name and all)${rescue}`;
  const others = entriesOf(cwd).filter(name => !written.includes(name) && isOwn(join(cwd, name)));
  if (others.length > 0)
    return `${others.slice(0, 3).map(code).join(", ")} was written in the working folder, and nothing at the output's path (${write})${rescue}`;
  return `the step did not write it; ${write}`;
}

/** Whether the program wrote a file there, or in it: staged inputs lie in the same folder, read-only. */
function isOwn(path: string, look = { left: MOST_LOOKED_AT }): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || look.left-- <= 0) return false;
  if (!stat.isDirectory()) return stat.isFile() && (stat.mode & 0o200) !== 0;
  // What Python compiles is nothing that anyone looks for.
  return basename(path) !== "__pycache__" && entriesOf(path).some(name => isOwn(join(path, name), look));
}

/** Entries of one folder: an input may have very many. */
const MOST_LOOKED_AT = 10_000;

function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
