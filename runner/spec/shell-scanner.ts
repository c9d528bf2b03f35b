import type { Hole } from "./shell.js";

/** What the scanner is inside of. `group`: `( )`; `substitution`: `$( )`. */
type Frame = "script" | "group" | "substitution" | "double" | "single" | "backquote" | "brace" | "arithmetic";

const REFUSED: Partial<Record<Frame, string>> = {
  backquote: "inside backquotes",
  brace: "inside `${ }`",
  arithmetic: "inside `$(( ))`",
};

const AFTER_BACKSLASH = "right after a backslash";

/**
 * Follows the quotes, `$( )`, comments and here-documents of a POSIX shell script (IEEE 1003.1, Shell Command Language:
 * 2.2 Quoting, 2.3 Token Recognition, 2.6.3 Command Substitution, 2.7.4 Here-Document).
 *
 * Where a value cannot be made safe, or shells differ in how they read on, it refuses that hole or every later one:
 * a refusal is an inconvenience, a wrong guess would run a value as code.
 * Does not: check the script.
 */
export class ShellScanner {
  readonly #frames: Frame[] = ["script"];
  /** Why the scanner no longer knows where it is; every further hole is refused. */
  #lost: string | undefined;
  /** The last character takes the next one with it. */
  #held: string | undefined;
  #comment = false;
  /** A `#` would begin a comment here. */
  #wordStart = true;
  /** The unquoted word so far, to notice `case`; quoted parts are a NUL in it. */
  #word = "";
  /** The word after `>&`, `<&` or `&>`: bash expands the value of an expansion or quotation there once more. */
  #copying = false;
  /** Delimiter of a here-document: whose body begins on the next line, or that is being read. */
  #heredoc: { readonly delimiter: string; readonly tabs: boolean; body: boolean; line: string } | undefined;

  hole(): Hole {
    if (this.#lost !== undefined) return { refused: this.#lost };
    if (this.#heredoc?.body === true) return { refused: "inside a here-document" };
    if (this.#comment) return { comment: true };
    if (this.#held !== undefined) return { refused: this.#held };
    if (this.#copying) return { refused: "as the target of `>&`, which some shells expand twice" };
    const frame = this.#frame;
    const refused = REFUSED[frame];
    if (refused !== undefined) return { refused };
    this.#quoted();
    return { quote: frame === "double" || frame === "single" ? frame : "none" };
  }

  read(text: string): void {
    for (let i = 0; i < text.length && this.#lost === undefined; i++) i += this.#take(text, i);
  }

  get #frame(): Frame {
    return this.#frames.at(-1) ?? "script";
  }

  /** Takes in the character at `i`; returns how many of the following ones it took too. */
  #take(text: string, i: number): number {
    const c = text[i] ?? "";
    if (this.#heredoc?.body === true) return this.#inHeredoc(c);
    if (this.#heredoc !== undefined && c === "\n" && this.#frames.length > 1) {
      this.#lose("after a here-document whose line goes on");
    }
    if (this.#comment && c !== "\n") return 0;
    this.#comment = false;
    if (this.#held !== undefined) {
      this.#held = undefined;
      // A backslash before a line end joins the lines; before anything else it quotes it.
      if (c !== "\n") this.#quoted();
      return 0;
    }
    switch (this.#frame) {
      case "single":
        if (c === "'") this.#frames.pop();
        return 0;
      case "double":
        return this.#inDouble(c, text, i);
      case "backquote":
        if (c === "\\") this.#held = AFTER_BACKSLASH;
        else if (c === "`") this.#frames.pop();
        return 0;
      case "brace":
        return this.#inBrace(c, text, i);
      case "arithmetic":
        return this.#inArithmetic(c, text, i);
      case "script":
      case "group":
      case "substitution":
        return this.#inScript(c, text, i);
    }
  }

  #inScript(c: string, text: string, i: number): number {
    switch (c) {
      case " ":
      case "\t":
      case ";":
      case "|":
        this.#endWord();
        return 0;
      case "&":
        this.#endWord();
        if (text[i - 1] !== ">" && text[i - 1] !== "<") return 0;
        this.#copying = true;
        if (/^-[^ \t\n;&|)]/.test(text.slice(i + 1, i + 3))) this.#lose("after `>&-` without a space");
        return 0;
      case ">":
        this.#endWord();
        this.#copying ||= text[i - 1] === "&";
        return 0;
      case "\n":
        this.#endWord();
        if (this.#heredoc !== undefined) this.#heredoc.body = true;
        return 0;
      case "<":
        this.#endWord();
        return text[i + 1] === "<" ? this.#openHeredoc(text, i) : 0;
      case "(":
        if (this.#word.endsWith("=")) this.#lose("after `=(`, which only some shells know");
        this.#endWord();
        // Not POSIX, and in the shells that have it, values are evaluated there.
        if (text[i + 1] === "(") this.#lose("after `((`");
        this.#frames.push("group");
        return 0;
      case ")":
        return this.#closeParenthesis();
      case "\\":
        this.#held = AFTER_BACKSLASH;
        return 0;
      case "'":
      case '"':
      case "`":
        this.#quoted();
        this.#frames.push(c === "'" ? "single" : c === '"' ? "double" : "backquote");
        return 0;
      case "$":
        this.#quoted();
        if (text[i + 1] === "'") this.#lose("after `$'`, which shells read differently");
        return this.#dollar(text, i);
      case "#":
        if (this.#wordStart) this.#comment = true;
        else this.#word += c;
        return 0;
      default:
        this.#word += c;
        this.#wordStart = false;
        return 0;
    }
  }

  #inDouble(c: string, text: string, i: number): number {
    if (c === '"') this.#frames.pop();
    else if (c === "\\") this.#held = AFTER_BACKSLASH;
    else if (c === "`") this.#frames.push("backquote");
    else if (c === "$") return this.#dollar(text, i);
    return 0;
  }

  #dollar(text: string, i: number): number {
    const next = text[i + 1];
    // `$$(`: the process id, then a parenthesis.
    if (next !== undefined && "$#?!-*@0123456789".includes(next)) return 1;
    // Before a hole the `$` would change what the quotes after it mean.
    if (next === undefined) this.#held = "right after a `$`";
    if (next === "[") this.#lose("after `$[`, which shells read differently");
    if (next === "{") {
      this.#frames.push("brace");
      return 1;
    }
    if (next !== "(") return 0;
    if (text[i + 2] === "(") {
      this.#frames.push("arithmetic", "arithmetic");
      return 2;
    }
    this.#frames.push("substitution");
    [this.#word, this.#wordStart] = ["", true];
    return 1;
  }

  /** Plain words only: how quotes nest inside `${ }` is where shells differ most. */
  #inBrace(c: string, text: string, i: number): number {
    if (c === "}") this.#frames.pop();
    else if ("'\"\\`".includes(c)) this.#lose("after a `${ }` with quotes in it");
    else if (c === "$" && text[i + 1] === "(") this.#lose("after a `${ }` with `$( )` in it");
    else if (c === "$") return this.#dollar(text, i);
    return 0;
  }

  /** Every open parenthesis is a frame. `$((` may also be a subshell in `$( )`, so anything but sums loses the way. */
  #inArithmetic(c: string, text: string, i: number): number {
    if (c === "(") this.#frames.push("arithmetic");
    else if (c === ")") this.#frames.pop();
    else if (c === "$" && text[i + 1] !== "(") return this.#dollar(text, i);
    else if (!/[\w \t+\-*/%<>=!&|^~?:,]/.test(c)) this.#lose("after a `$(( ))` that is not a plain sum");
    return 0;
  }

  #closeParenthesis(): number {
    this.#endWord();
    const closed = this.#frames.length > 1 ? this.#frames.pop() : undefined;
    // What follows `$( )` directly belongs to the same word; `)` of a group ends one.
    if (closed === "substitution") this.#quoted();
    return 0;
  }

  #openHeredoc(text: string, i: number): number {
    const match = /^<<(-?)[ \t]*(?:'([\w.-]+)'|"([\w.-]+)"|\\?([\w.-]+))(?=[\s;&|)<>]|$)/.exec(
      text.slice(i, i + 200),
    );
    const delimiter = match?.[2] ?? match?.[3] ?? match?.[4];
    if (match === null || delimiter === undefined || this.#heredoc !== undefined || this.#frames.length > 1) {
      this.#lose("after this here-document");
      return 0;
    }
    // A delimiter at the end of the piece may go on in the hole.
    if (i + match[0].length === text.length) this.#held = "as the delimiter of a here-document";
    this.#heredoc = { delimiter, tabs: match[1] === "-", body: false, line: "" };
    return match[0].length - 1;
  }

  #inHeredoc(c: string): number {
    const heredoc = this.#heredoc;
    if (heredoc === undefined) return 0;
    if (c !== "\n") {
      heredoc.line += c;
      return 0;
    }
    const line = heredoc.tabs ? heredoc.line.replace(/^\t+/, "") : heredoc.line;
    if (line === heredoc.delimiter) [this.#heredoc, this.#wordStart] = [undefined, true];
    // Whether the next line is joined to this one depends on how the delimiter was quoted.
    else if (line.endsWith("\\")) this.#lose("after a here-document with a backslash at a line's end");
    heredoc.line = "";
    return 0;
  }

  #endWord(): void {
    if (this.#word !== "") this.#copying = false;
    // The `)` of a pattern would be taken for the end of `$( )`, and that of the quotes around it.
    if (this.#word === "case" && this.#frames.includes("double")) this.#lose("after `case` inside `$( )`");
    [this.#word, this.#wordStart] = ["", true];
  }

  #quoted(): void {
    this.#word += "\0";
    this.#wordStart = false;
  }

  #lose(why: string): void {
    this.#lost ??= why;
  }
}
