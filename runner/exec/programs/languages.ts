import { basename } from "node:path";

/** A language whose programs find installed packages. */
export interface Language {
  readonly name: "python" | "node" | "R";
  /** File names of its interpreters. */
  readonly matches: RegExp;
  /** Variables beside PATH, HOME and USER that decide what they find. */
  readonly variables: RegExp;
}

const LANGUAGES: readonly Language[] = [
  {
    name: "python",
    matches: /^(?:python|pypy)\d*(?:\.\d+)*t?$/,
    variables: /^(?:PYTHON|VIRTUAL_ENV|CONDA_|PYENV_|ASDF_|MISE_)/,
  },
  {
    name: "node",
    matches: /^(?:node|nodejs|bun|deno)$/,
    variables: /^(?:NODE_PATH|NODE_OPTIONS|NODENV_|ASDF_|MISE_|VOLTA_)/,
  },
  { name: "R", matches: /^(?:R|Rscript)$/, variables: /^R_/ },
];

/** The language that an interpreter is of, by its name. */
export function languageOf(path: string): Language | undefined {
  const name = basename(path);
  return LANGUAGES.find(({ matches }) => matches.test(name));
}

/** Where programs, their settings and the libraries that they need are found. */
const EVERYWHERE = /^(?:PATH|HOME|USER|(?:LD|DYLD|XDG)_.*)$/;

/** Whether a variable may decide what a program is or finds. */
export function isRelevant(variable: string, language: Language | undefined): boolean {
  return EVERYWHERE.test(variable) || language?.variables.test(variable) === true;
}
