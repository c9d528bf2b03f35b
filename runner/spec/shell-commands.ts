import { ShellLexer, type Token, type Word } from "./shell-lexer.js";

/** A command of a shell script, with the variables that hold when it is run. */
export interface ShellCommand {
  /** The program and its arguments, quotes taken off; `undefined`: a word that only the shell knows. */
  readonly words: readonly (string | undefined)[];
  /** `undefined`: a value that only the shell knows. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** It may never be run, its absence may be meant, or its name may mean something else by then. */
  readonly doubtful: boolean;
}

/**
 * The simple commands of a POSIX shell script (IEEE 1003.1, Shell Command Language, 2.9), as far as they can be known
 * without running it: those of pipelines, lists, compound commands and command substitutions. Functions of the script
 * are left out, their bodies are not. `variables`: the environment that the script gets.
 *
 * Does not: check the script, or follow `eval`, aliases, here-documents and what is sourced. Where it cannot read on, it
 * stops, and everything is doubtful.
 */
export function shellCommands(
  script: string,
  variables: ReadonlyMap<string, string | undefined>,
): readonly ShellCommand[] {
  const plain = plainWords(script);
  if (plain !== undefined) return [{ words: plain, variables, doubtful: false }];
  const state: State = {
    ...{ variables, commands: [], functions: new Set(), askedAfter: new Set() },
    unsure: false,
    lost: false,
  };
  new Parser(script, state).script();
  return state.commands
    .filter(({ words: [name] }) => name === undefined || !state.functions.has(name))
    .map(({ doubtful, words, variables: known }) => {
      const asked = words[0] !== undefined && state.askedAfter.has(words[0]);
      return { words, variables: known, doubtful: doubtful || asked || state.lost };
    });
}

/** The words of a script that is one command without quotes or anything else to be filled in: thousands of steps may be. */
function plainWords(script: string): readonly string[] | undefined {
  if (!/^[\w./:@%,\0 \t>-]+\n*$/.test(script)) return undefined;
  const words: string[] = [];
  const tokens = script.trim().split(/[ \t]+/);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? "";
    if (token === ">" || token === ">>") at++;
    else if (token.includes(">")) return undefined;
    else words.push(token);
  }
  return words.length === 0 || COMPOUND.has(words[0] ?? "") ? undefined : words;
}

interface State {
  /** Replaced, never changed: commands share it. */
  variables: ReadonlyMap<string, string | undefined>;
  readonly commands: Draft[];
  readonly functions: Set<string>;
  /** What `command -v` and the like ask after. */
  readonly askedAfter: Set<string>;
  /** Something has been run that may change what names mean. */
  unsure: boolean;
  /** The script could not be read to its end. */
  lost: boolean;
}

interface Draft {
  readonly words: readonly (string | undefined)[];
  readonly variables: ReadonlyMap<string, string | undefined>;
  doubtful: boolean;
}

/** Nested deeper than this a script is not followed. */
const DEEPEST = 50;

class Parser {
  readonly #lexer: ShellLexer;
  #doubt: boolean;

  constructor(
    text: string,
    private readonly state: State,
    doubt = false,
    private depth = 0,
  ) {
    this.#doubt = doubt;
    this.#lexer = new ShellLexer(text, {
      value: name => state.variables.get(name),
      substitution: () => this.#scope(() => this.#list([])),
      backquoted: inner => {
        if (depth < DEEPEST) this.#scope(() => new Parser(inner, state, this.#doubt, depth + 1).script());
        else state.lost = true;
      },
    });
  }

  script(): void {
    this.#list([]);
    if (this.#lexer.peek().type !== "end" || this.#lexer.lost) this.state.lost = true;
  }

  /** Commands up to one of these words, or a token that ends a list; it is left to be read. */
  #list(stops: readonly string[]): void {
    if (++this.depth > DEEPEST) this.#lexer.lose();
    for (;;) {
      const token = this.#lexer.peek();
      if (isOperator(token, "\n", ";", "&")) this.#lexer.next();
      else if (isOperator(token, "(") || (token.type === "word" && !isWord(token, ...stops))) this.#andOr();
      else break;
    }
    this.depth--;
  }

  #andOr(): void {
    const outer = this.#doubt;
    const first = this.state.commands.length;
    for (;;) {
      const begin = this.state.commands.length;
      this.#pipeline();
      const token = this.#lexer.peek();
      if (!isOperator(token, "&&", "||")) break;
      const these = this.state.commands.slice(isOperator(token, "||") ? first : begin);
      // What stands before `||` may fail; what follows a test may not be run.
      if (isOperator(token, "||")) for (const command of these) command.doubtful = true;
      if (isOperator(token, "||") || these.some(({ words: [name] }) => TESTS.has(name ?? "")))
        this.#doubt = true;
      this.#lexer.next();
      this.#skipLines();
    }
    this.#doubt = outer;
  }

  #pipeline(): void {
    const outer = this.#doubt;
    while (isWord(this.#lexer.peek(), "!")) {
      this.#lexer.next();
      this.#doubt = true;
    }
    this.#command();
    while (isOperator(this.#lexer.peek(), "|", "|&")) {
      this.#lexer.next();
      this.#skipLines();
      this.#command();
    }
    this.#doubt = outer;
  }

  #command(): void {
    const token = this.#lexer.peek();
    if (isOperator(token, "(")) {
      this.#lexer.next();
      if (isOperator(this.#lexer.peek(), "(")) this.#lexer.lose();
      this.#scope(() => this.#list([]));
      this.#expectOperator(")");
      return;
    }
    const compound = token.type === "word" && token.plain ? COMPOUND.get(token.text ?? "") : undefined;
    if (compound === undefined) this.#simple();
    else {
      this.#lexer.next();
      compound(this.#grammar);
    }
  }

  /** What compound commands are made of; most scripts have none. */
  get #grammar(): Grammar {
    return (this.#rules ??= this.#makeRules());
  }

  #rules: Grammar | undefined;

  #makeRules(): Grammar {
    return {
      list: (...stops) => this.#list(stops),
      doubtful: (...stops) => this.#doubtfully(() => this.#list(stops)),
      expect: (...words) => {
        const token = this.#lexer.next();
        if (!isWord(token, ...words)) this.#lexer.lose();
        return token.type === "word" ? (token.text ?? "") : "";
      },
      command: () => this.#command(),
      loopVariable: () => {
        const name = this.#lexer.next();
        if (name.type === "word" && name.text !== undefined) this.#set(name.text, undefined);
        while (this.#lexer.peek().type === "word" && !isWord(this.#lexer.peek(), "do")) this.#lexer.next();
        while (isOperator(this.#lexer.peek(), ";", "\n")) this.#lexer.next();
      },
      cases: () => this.#cases(),
      function: () => {
        const name = this.#lexer.next();
        if (name.type === "word" && name.text !== undefined) this.state.functions.add(name.text);
        if (isOperator(this.#lexer.peek(), "(")) {
          this.#lexer.next();
          this.#expectOperator(")");
        }
        this.#skipLines();
        this.#doubtfully(() => this.#command());
      },
      test: end => {
        this.state.commands.push({ words: ["[["], variables: this.state.variables, doubtful: this.#doubt });
        while (!isWord(this.#lexer.peek(), end) && this.#lexer.peek().type !== "end") this.#lexer.next();
        this.#lexer.next();
      },
    };
  }

  #cases(): void {
    this.#lexer.next();
    this.#skipLines();
    this.#grammar.expect("in");
    for (;;) {
      this.#skipLines();
      const token = this.#lexer.next();
      if (isWord(token, "esac")) return;
      if (token.type === "end") {
        this.#lexer.lose();
        return;
      }
      while (!isOperator(this.#lexer.peek(), ")") && this.#lexer.peek().type !== "end") this.#lexer.next();
      this.#expectOperator(")");
      this.#doubtfully(() => this.#list(["esac"]));
      if (isOperator(this.#lexer.peek(), ";;", ";&", ";;&")) this.#lexer.next();
    }
  }

  #simple(): void {
    const assigned = new Map<string, string | undefined>();
    const words: (string | undefined)[] = [];
    for (;;) {
      const token = this.#lexer.peek();
      if (token.type === "end") break;
      if (token.type === "operator") {
        if (token.text === "(" && words.length === 1) {
          this.#definition(words[0]);
          return;
        }
        if (token.text === "(") this.#lexer.lose();
        break;
      }
      this.#lexer.next();
      if (token.assigns !== undefined && words.length === 0)
        assigned.set(token.assigns.name, token.assigns.value);
      else words.push(...(token.split ?? [token.text]));
    }
    if (words.length === 0) for (const [name, value] of assigned) this.#assign(name, value);
    else {
      const own = this.state.variables;
      const variables = assigned.size === 0 ? own : new Map([...own, ...assigned]);
      const doubtful = this.#doubt || this.state.unsure || this.state.lost;
      this.state.commands.push({ words, variables, doubtful });
      this.#effect(words);
    }
  }

  #definition(name: string | undefined): void {
    this.#lexer.next();
    this.#expectOperator(")");
    if (name !== undefined) this.state.functions.add(name);
    this.#skipLines();
    this.#doubtfully(() => this.#command());
  }

  /** What a command that the shell has itself does to those after it. */
  #effect(words: readonly (string | undefined)[]): void {
    const [name = "", ...args] = words;
    if (DECLARING.has(name)) {
      for (const arg of args) {
        const [, variable, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(arg ?? "") ?? [];
        if (variable !== undefined) this.#assign(variable, value);
        // `export PATH=$(...)`
        if (arg === undefined) this.state.unsure = true;
      }
    } else if (name === "unset" || name === "read") {
      for (const arg of args) this.#set(arg ?? "", undefined);
    } else if (name === "." || name === "source") this.#source(args[0]);
    else if (ASKING.has(name)) {
      for (const arg of args) if (arg !== undefined) this.state.askedAfter.add(arg);
    } else if (INSTALLING.test(words.slice(0, 4).join(" "))) this.state.unsure = true;
    else if (CHANGING.has(name) || (SWITCHING.has(name) && args.includes("activate")))
      this.state.unsure = true;
  }

  #source(file: string | undefined): void {
    const folder = /^(.+)\/activate$/.exec(file ?? "")?.[1];
    const path = this.state.variables.get("PATH");
    if (folder?.startsWith("/") !== true || path === undefined) this.state.unsure = true;
    else {
      this.#assign("PATH", `${folder}:${path}`);
      this.#assign("VIRTUAL_ENV", folder.slice(0, folder.lastIndexOf("/")));
    }
  }

  #assign(name: string, value: string | undefined): void {
    this.#set(name, this.#doubt ? undefined : value);
    if (name === "PATH" && this.state.variables.get(name) === undefined) this.state.unsure = true;
  }

  #set(name: string, value: string | undefined): void {
    this.state.variables = new Map(this.state.variables).set(name, value);
  }

  #doubtfully(act: () => void): void {
    const outer = this.#doubt;
    this.#doubt = true;
    act();
    this.#doubt = outer;
  }

  /** What a subshell sets is forgotten after it. */
  #scope(act: () => void): void {
    const outer = this.state.variables;
    act();
    this.state.variables = outer;
  }

  #skipLines(): void {
    while (isOperator(this.#lexer.peek(), "\n")) this.#lexer.next();
  }

  #expectOperator(text: string): void {
    if (!isOperator(this.#lexer.next(), text)) this.#lexer.lose();
  }
}

interface Grammar {
  list(...stops: string[]): void;
  doubtful(...stops: string[]): void;
  expect(...words: string[]): string;
  command(): void;
  loopVariable(): void;
  cases(): void;
  function(): void;
  test(end: string): void;
}

const COMPOUND: ReadonlyMap<string, (grammar: Grammar) => void> = new Map(
  Object.entries<(grammar: Grammar) => void>({
    "{": g => {
      g.list("}");
      g.expect("}");
    },
    if: g => {
      g.doubtful("then");
      g.expect("then");
      for (;;) {
        g.doubtful("elif", "else", "fi");
        const word = g.expect("elif", "else", "fi");
        if (word === "elif") {
          g.doubtful("then");
          g.expect("then");
        } else if (word !== "else") return;
      }
    },
    while: loop,
    until: loop,
    for: g => {
      g.loopVariable();
      g.expect("do");
      g.list("done");
      g.expect("done");
    },
    case: g => g.cases(),
    function: g => g.function(),
    time: g => g.command(),
    "[[": g => g.test("]]"),
  }),
);

function loop(g: Grammar): void {
  g.doubtful("do");
  g.expect("do");
  g.doubtful("done");
  g.expect("done");
}

const TESTS = new Set(["[", "[[", "test", "command", "type", "which", "hash"]);
const ASKING = new Set(["command", "type", "which", "hash"]);
const DECLARING = new Set(["export", "readonly", "local", "declare", "typeset"]);
/** After these, a name may mean anything. */
const CHANGING = new Set(["eval", "alias", "unalias", "enable", "module", "ml", "nvm", "spack"]);
/** `pip install`, `python -m pip install`, `apt-get install`, `npm i -g`: there may be more programs by then. */
const INSTALLING = /^(?:\S+ )*?(?:install|add|i|upgrade|sync)\b|^(?:make|cmake|ninja|cargo|go) /;
const SWITCHING = new Set(["conda", "mamba", "micromamba", "pyenv"]);

function isOperator(token: Token, ...texts: string[]): boolean {
  return token.type === "operator" && texts.includes(token.text);
}

function isWord(token: Token, ...texts: string[]): token is Word {
  return token.type === "word" && token.plain && token.text !== undefined && texts.includes(token.text);
}
