/** A piece of a shell script. */
export interface ShellToken {
  readonly type: TokenType;
  readonly text: string;
  /** It stands in double quotes. */
  readonly double: boolean;
}

/**
 * `quoted`: in single quotes, or behind a backslash. `quote`: a double quote. `opaque`: `${ }`, `$(( ))`, backquotes.
 * `open`, `close`: parentheses of a group or a substitution. `document`: the body of a here-document. `lost`: all that is
 * left where the script is not followed any further.
 */
type TokenType =
  | ("text" | "quoted" | "quote" | "opaque" | "open" | "close")
  | ("blank" | "operator" | "redirection" | "comment" | "document" | "lost");

/**
 * Cuts a POSIX shell script at its quotes, substitutions and operators (IEEE 1003.1, Shell Command Language, 2.2, 2.3,
 * 2.7.4). Where shells differ, or a closer look would be needed, it stops: `lost` says why. A NUL stands for what is put
 * in later. Does not check the script.
 */
export function shellTokens(script: string): { tokens: readonly ShellToken[]; lost: string | undefined } {
  const cutter = new Cutter(script);
  return { tokens: cutter.tokens, lost: cutter.cut() };
}

class Cutter {
  readonly tokens: ShellToken[] = [];
  /** What is open: `"`, `(` or `$(`. */
  readonly #frames: string[] = [];
  #at = 0;
  /** A `#` would begin a comment here. */
  #wordStart = true;
  /** The end of a here-document whose body begins on the next line. */
  #delimiter: { readonly text: string; readonly tabs: boolean } | undefined;

  constructor(private readonly script: string) {}

  cut(): string | undefined {
    let lost: string | undefined;
    while (this.#at < this.script.length && lost === undefined) {
      const before = this.#at;
      lost = this.#take();
      const taken = this.script.slice(before, this.#at);
      if (this.#delimiter === undefined || !taken.includes("\n")) continue;
      // Only the line that the here-document stands in may end here.
      if (taken === "\n" && this.#frames.length === 0) lost = this.#document(this.#delimiter);
      else lost = "after a here-document whose line goes on";
    }
    if (this.#frames.length > 0) lost ??= "in quotes or parentheses that do not end";
    if (lost !== undefined) this.#add("lost", this.script.slice(this.#at));
    return lost;
  }

  /** Takes in what stands here, or says why it must not. */
  #take(): string | undefined {
    const c = this.script[this.#at];
    const double = this.#frame === '"';
    if (c === "$") return this.#dollar(double);
    if (c === "`") return this.#one("opaque", BACKQUOTED, "inside backquotes");
    if (c === "\\") {
      if (this.script[this.#at + 1] !== "\n") return this.#one("quoted", ESCAPED, "right after a backslash");
      this.#at += 2;
    } else if (c === '"') {
      if (double) this.#frames.pop();
      this.#add("quote", c);
      if (!double) this.#frames.push(c);
    } else if (double) this.#one("text", IN_DOUBLE, "");
    else if (c === "'") return this.#one("quoted", SINGLE, "in quotes that do not end");
    else if (c === "<" || c === ">" || this.script.startsWith("&>", this.#at)) return this.#redirection();
    else if (c === "(") return this.#open();
    else if (c === ")") this.#close();
    else if (c === "#" && this.#wordStart) this.#one("comment", LINE, "");
    else if (this.#one("blank", BLANKS, "") === "" && this.#one("operator", OPERATOR, "") === "")
      return this.#word();
    return undefined;
  }

  #dollar(double: boolean): string | undefined {
    const next = this.script[this.#at + 1];
    if (next === "{")
      return this.#one("opaque", BRACES, "inside or after a `${ }` with more than a name in it");
    if (this.script.startsWith("$((", this.#at))
      return this.#one("opaque", SUM, "inside or after a `$(( ))` that is not a plain sum");
    // Before what is put in, the `$` would change what the quotes after it mean.
    if (next === "\0") return "right after a `$`";
    if (next === "[" || (next === "'" && !double) || this.#match(PROCESS_ID) !== undefined)
      return `after \`$${next}\`, which shells read differently`;
    if (next !== "(") return this.#one("text", PARAMETER, "");
    this.#add("open", "$(");
    this.#frames.push("$(");
    return undefined;
  }

  #open(): string | undefined {
    if (this.script[this.#at + 1] === "(" || this.script[this.#at - 1] === "=")
      return "after `((` or `=(`, which only some shells know";
    this.#add("open", "(");
    this.#frames.push("(");
    return undefined;
  }

  #close(): void {
    const opened = this.#frames.pop();
    this.#add(opened === undefined ? "operator" : "close", ")");
    // What follows `$( )` directly belongs to the same word; `)` of a group ends one.
    this.#wordStart = opened !== "$(";
  }

  #redirection(): string | undefined {
    const here = this.#match(HERE_DOCUMENT);
    if (here !== undefined && this.#delimiter === undefined && this.#frames.length === 0) {
      this.#delimiter = { text: here.replace(/^<<-?[ \t]*|['"\\]/g, ""), tabs: here[2] === "-" };
      this.#add("blank", here);
      return undefined;
    }
    if (this.script.startsWith("<<", this.#at)) return "after this here-document";
    if (this.#match(CLOSING) !== undefined) return "after `>&-` without a space";
    return this.#one("redirection", REDIRECTION, "");
  }

  #word(): string | undefined {
    const word = this.#match(WORD) ?? "";
    // The `)` of a pattern would be taken for the end of the substitution.
    if (this.#wordStart && word === "case" && this.#frames.length > 0) return "after `case` inside `( )`";
    const isNumber = /^\d+$/.test(word) && /[<>]/.test(this.script[this.#at + word.length] ?? "");
    this.#add(isNumber ? "redirection" : "text", word);
    return undefined;
  }

  #document({ text, tabs }: { readonly text: string; readonly tabs: boolean }): string | undefined {
    this.#delimiter = undefined;
    let end = this.#at;
    for (let line: string | undefined; line !== text && end < this.script.length;) {
      const next = this.script.indexOf("\n", end);
      line = this.script.slice(end, next === -1 ? undefined : next);
      if (tabs) line = line.replace(/^\t+/, "");
      // Whether the next line is joined to this one depends on how the delimiter was quoted.
      if (line.endsWith("\\")) return "inside or after a here-document with a backslash at a line's end";
      end = next === -1 ? this.script.length : next + 1;
    }
    this.#add("document", this.script.slice(this.#at, end));
    return undefined;
  }

  get #frame(): string | undefined {
    return this.#frames.at(-1);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.script)?.[0];
  }

  /** Adds what stands here, if the pattern fits; else says so. */
  #one(type: TokenType, pattern: RegExp, otherwise: string): string | undefined {
    const text = this.#match(pattern);
    if (text === undefined) return otherwise;
    this.#add(type, text);
    return undefined;
  }

  #add(type: TokenType, text: string): void {
    this.tokens.push({ type, text, double: this.#frame === '"' });
    this.#at += text.length;
    this.#wordStart = SEPARATING.has(type);
  }
}

const SEPARATING: ReadonlySet<TokenType> = new Set([
  ...(["blank", "operator", "redirection", "open", "comment", "document"] as const),
]);

const BLANKS = /[ \t]+/y;
const LINE = /[^\n]*/y;
const WORD = /[^ \t\n;&|()<>'"\\$`]+/y;
const IN_DOUBLE = /[^"\\$`]+/y;
const SINGLE = /'[^']*'/y;
const ESCAPED = /\\[^\0]/sy;
const BACKQUOTED = /`(?:[^`\\\0]|\\[^\0])*`/y;
/** bash reads `$$(` in double quotes as `$` and `$(`. */
const PROCESS_ID = /\$\$[({['"\0]/y;
const PARAMETER = /\$(?:\w+|[$#?!*@-]?)/y;
/** No quotes: how they nest in there is where shells differ most. */
const BRACES = /\$\{(?:[^}'"`\\$\0]|\$[^('"`\\\0])*\}/y;
/** `$((` may also be a subshell in `$( )`: nothing but numbers, names and signs. */
const SUM = (() => {
  const sign = String.raw`[\w \t+\-*/%<>=!&|^~?:,]|\$(?![(\[{'])`;
  return new RegExp(String.raw`\$\(\((?:${sign}|\((?:${sign}|\((?:${sign})*\))*\))*\)\)`, "y");
})();
const OPERATOR = /&&|\|\||;;&?|;&|\|&|[;&|\n]/y;
const REDIRECTION = /&>>?|>>|>\||<>|[<>]&?/y;
const CLOSING = /[<>]&-(?=[^ \t\n;&|)])/y;
const HERE_DOCUMENT = /<<-?[ \t]*(?:'[\w.-]+'|"[\w.-]+"|\\?[\w.-]+)(?=[\s;&|)<>]|$)/y;
