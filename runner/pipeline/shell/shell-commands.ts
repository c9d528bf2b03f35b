import { shellTokens, type ShellToken } from "./shell-tokens.js";

/** A command of a shell script, with the variables that hold when it is run. */
export interface ShellCommand {
  /** The program and its arguments, quotes taken off; `undefined`: a word that only the shell knows. */
  readonly words: readonly (string | undefined)[];
  /** `undefined`: a value that only the shell knows. */
  readonly variables: Variables;
  readonly sure: Sureness;
}
export type Variables = ReadonlyMap<string, string | undefined>;
/**
 * `likely`: it may not be run, its absence may be meant, or its name may mean something else by then. `possible`: a word
 * that is a program only if there is one of that name.
 */
export type Sureness = "certain" | "likely" | "possible";

/**
 * The commands of a POSIX shell script, as far as its text tells. Where it does not, every word is possible: a program
 * too many reruns a step in vain, one too few serves a stale result. Commands are certain only in a script that does
 * nothing but start one after the other. Its functions are left out, their bodies are not.
 */
export function shellCommands(script: string, variables: Variables): readonly ShellCommand[] {
  const reader = new Reader(variables);
  for (const token of shellTokens(script).tokens) reader.take(token);
  return reader.end();
}

/** The words of a text that may be a script, or a part of one. */
export function possibleCommands(text: string, variables: Variables): readonly ShellCommand[] {
  const words = text.replace(/["'\\]/g, "").split(/[\s;&|(){}`<>=,$]+|:-/);
  return words.flatMap(word =>
    /^(?![-+*%])(?=.*[^\d.])/s.test(word) ? [{ words: [word], variables, sure: "possible" } as const] : [],
  );
}

interface Word {
  text: string;
  /** Nothing in it is known to the shell alone. */
  known: boolean;
  /** Nothing in it was quoted or filled in: it may be a reserved word. */
  bare: boolean;
}

/** What a parenthesis opens. What is set there is forgotten after it. */
interface Scope {
  readonly words: Word[];
  word?: Word | undefined;
  /** The next word says where a redirection goes. */
  redirects?: boolean;
  /** Replaced, never changed: commands share it. */
  variables: Variables;
  folder?: string | undefined;
}

class Reader {
  readonly #commands: ShellCommand[] = [];
  readonly #functions = new Set<string | undefined>();
  readonly #outer: Scope[] = [];
  #scope: Scope;
  #sure: Sureness = "certain";
  /** A PATH that may hold as well. */
  readonly #paths: string[] = [];

  constructor(variables: Variables) {
    this.#scope = { words: [], variables };
  }

  take({ type, text, double }: ShellToken): void {
    if (type === "text") this.#text(text, double);
    else if (type === "quoted") this.#add(text.startsWith("'") ? text.slice(1, -1) : text.slice(1), false);
    else if (type === "quote") this.#add("", false);
    else if (type === "open") this.#open(text === "$(");
    else if (type === "opaque") {
      const name = /^\$\{(\w+)\}$/.exec(text)?.[1];
      if (name === undefined) this.#add(undefined, false);
      this.#text(name === undefined ? "" : `$${name}`, double);
      if (name === undefined && !text.startsWith("$((")) this.#possible(text);
    } else {
      this.#endWord();
      if (type === "redirection") this.#scope.redirects = true;
      if (type === "operator" || type === "close") this.#endCommand();
      if (type === "close") this.#scope = this.#outer.pop() ?? this.#scope;
      if (text === "||") this.#sure = "likely";
      if (type === "lost") this.#sure = "likely";
      if (type === "lost" || (type === "document" && this.#isRead)) this.#possible(text);
      else if (type === "document" && SUBSTITUTES.test(text))
        this.#possible(text.slice(text.search(SUBSTITUTES)));
    }
  }

  end(): readonly ShellCommand[] {
    // What is still open was not read to its end.
    for (let scope: Scope | undefined = this.#scope; scope !== undefined; scope = this.#outer.pop()) {
      this.#scope = scope;
      this.#endWord();
      this.#endCommand();
    }
    const sure = this.#sure;
    return this.#commands.flatMap(one => {
      if (this.#functions.has(one.words[0])) return [];
      return one.sure === "certain" && sure !== "certain" ? [{ ...one, sure }] : [one];
    });
  }

  /** Undefined: only the shell knows it. */
  #add(text: string | undefined, bare: boolean): void {
    const word = (this.#scope.word ??= { text: "", known: true, bare: true });
    word.text += text ?? "";
    word.known &&= text !== undefined;
    word.bare &&= bare;
  }

  #text(text: string, double: boolean): void {
    const { word, variables } = this.#scope;
    const isValue = ASSIGNMENT.test(word?.text ?? "");
    if (text.startsWith("$") && text !== "$") {
      const value = variables.get(text.slice(1));
      // Unquoted, a value falls into words and stands for names of files.
      this.#add(double || isValue || !/[\s*?[]/.test(value ?? "") ? value : undefined, false);
    } else if (word === undefined && !double && /^~(?:\/|$)/.test(text)) {
      this.#add(variables.get("HOME"), false);
      this.#add(text.slice(1), false);
    } else {
      if (!double && !isValue && !ASSIGNMENT.test(text) && /[*?]/.test(text)) this.#add(undefined, false);
      const home = variables.get("HOME") ?? "~";
      this.#add(text.replace(/\r$/, "").replace(/(?<=^[A-Za-z_]\w*=(?:.*:)?)~(?=\/)/g, home), !double);
    }
  }

  #open(substitutes: boolean): void {
    const { words, variables, folder } = this.#scope;
    // `$(`, `<(`
    if (substitutes || this.#scope.redirects === true) this.#add(undefined, false);
    else {
      this.#endWord();
      if (words.length > 0) {
        this.#functions.add(words.pop()?.text);
        this.#sure = "likely";
      }
    }
    this.#outer.push(this.#scope);
    this.#scope = { words: [], variables, folder };
  }

  /** Whether what is in a here-document that comes here may be run. */
  get #isRead(): boolean {
    return /(?:^|\/)(?:\w*sh|env|sudo|read|mapfile|readarray)$/.test(this.#commands.at(-1)?.words[0] ?? "sh");
  }

  #possible(text: string): void {
    this.#commands.push(...possibleCommands(text, this.#scope.variables));
  }

  #endWord(): void {
    const { word, words, redirects } = this.#scope;
    if (word === undefined) return;
    this.#scope.word = undefined;
    this.#scope.redirects = false;
    if (redirects !== true) words.push(word);
  }

  #endCommand(): void {
    const words = this.#scope.words.splice(0);
    for (let [word] = words; word?.bare === true && RESERVED.test(word.text); [word] = words) {
      words.shift();
      this.#sure = word.text === "case" || this.#sure === "possible" ? "possible" : "likely";
      if (word.text === "function") this.#functions.add(words.shift()?.text);
      if (/^(?:for|select|case)$/.test(word.text))
        for (const { text } of words.splice(0)) this.#possible(text);
    }
    const from = words.findIndex(({ text }) => !ASSIGNMENT.test(text));
    const assigned = words.splice(0, from === -1 ? words.length : from);
    if (words.length === 0) for (const word of assigned) this.#assign(word);
    else this.#command(words, assigned);
  }

  #command(words: readonly Word[], assigned: readonly Word[]): void {
    const { folder } = this.#scope;
    let { variables } = this.#scope;
    for (const word of assigned) variables = new Map(variables).set(...parted(word));
    const texts = words.map(({ text, known }) => (known ? text : undefined));
    const [name = ""] = texts;
    // `$SUDO tool` starts its second word if there is nothing in the first.
    for (const { text, known } of words)
      if ((!known || words[0]?.known !== true) && !ASSIGNMENT.test(text)) this.#possible(text);
    const isBelow = folder !== undefined && /^[^/\0][^\0]*\//.test(name);
    if (isBelow) texts[0] = `${folder}/${name}`;
    this.#commands.push({ words: texts, variables, sure: isBelow ? "possible" : "certain" });
    for (const path of this.#paths)
      this.#commands.push({
        words: texts,
        variables: new Map(variables).set("PATH", path),
        sure: "possible",
      });
    this.#effect(words, texts);
  }

  /** What a command that the shell has itself does to those after it. */
  #effect(words: readonly Word[], texts: readonly (string | undefined)[]): void {
    const [name = "", first] = texts;
    if (DECLARING.has(name)) for (const word of words.slice(1)) this.#assign(word);
    else if (name === "." || name === "source") this.#source(first ?? "");
    else if (name === "cd") this.#scope.folder = first;
    else if (DOUBTFUL.test(texts.slice(0, 4).join(" "))) this.#sure = "likely";
    if (texts.includes("activate")) this.#paths.push(condaPath(texts.at(-1) ?? "", this.#scope.variables));
  }

  #source(file: string): void {
    const folder = /^([/\0].*)\/activate$/.exec(file)?.[1];
    const path = this.#scope.variables.get("PATH") ?? "";
    if (folder === undefined) this.#sure = "likely";
    else this.#set("PATH", `${folder}:${path}`);
  }

  #assign(word: Word): void {
    const [name, value] = parted(word);
    if (value === undefined || this.#sure !== "certain" || /\s/.test(value))
      this.#possible(word.text.slice(name.length));
    if (name === "PATH" && (value === undefined || this.#sure !== "certain")) {
      this.#sure = "likely";
      if (value !== undefined) this.#paths.push(value);
    } else if (ASSIGNMENT.test(word.text)) this.#set(name, this.#sure === "certain" ? value : undefined);
  }

  #set(name: string, value: string | undefined): void {
    this.#scope.variables = new Map(this.#scope.variables).set(name, value);
  }
}

/** Where conda and its like may have the programs of an environment. */
export function condaPath(environment: string, variables: Variables): string {
  if (environment.includes("/")) return `${environment}/bin`;
  const roots = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda"];
  const own = environment === "base" ? "" : `/envs/${environment}`;
  return roots.map(root => `${variables.get("HOME") ?? ""}/${root}${own}/bin`).join(":");
}

/** `NAME=VALUE` */
function parted({ text, known }: Word): [name: string, value: string | undefined] {
  const name = text.slice(0, text.search(/\+?=/));
  return [name, known && text[name.length] === "=" ? text.slice(name.length + 1) : undefined];
}

const SUBSTITUTES = /\$\(|`/;
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
const RESERVED = /^(?:if|then|elif|else|fi|while|until|do|done|for|select|case|esac|function|\{|\}|!)$/;
const DECLARING = new Set(["export", "readonly", "local", "declare", "typeset"]);
/**
 * What follows may not be run (`[`, `command -v`), may mean something else (`alias`, `conda`), or may be there by then
 * (`pip install`, `make`).
 */
const DOUBTFUL =
  /^(?:\[\[?|test|command|type|which|hash|eval|alias|unalias|enable|module|ml|nvm|spack|(?:micro)?mamba|conda|pyenv|c?make|ninja|cargo|go)(?: |$)|^(?:\S+ )*?(?:install|add|i|upgrade|sync)\b/;
