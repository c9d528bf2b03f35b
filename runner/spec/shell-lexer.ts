export interface Word {
  readonly type: "word";
  /** Quotes taken off, variables filled in; `undefined`: only the shell knows it. */
  readonly text: string | undefined;
  /** Nothing in it was quoted or filled in: it may be a reserved word. */
  readonly plain: boolean;
  /** `NAME=VALUE` */
  readonly assigns?: { readonly name: string; readonly value: string | undefined };
  /** The words that an unquoted variable falls into. */
  readonly split?: readonly string[];
}
export type Token = Word | { readonly type: "operator"; readonly text: string } | { readonly type: "end" };

/** What the lexer asks while it is inside a word. */
export interface Surroundings {
  value(name: string): string | undefined;
  /** Called behind `$(`: reads tokens up to the `)`, which is left. */
  substitution(): void;
  backquoted(script: string): void;
}

/**
 * Cuts a POSIX shell script into tokens (IEEE 1003.1, Shell Command Language, 2.3). Comments, redirections and
 * here-documents are passed over.
 */
export class ShellLexer {
  #at = 0;
  #peeked: Token | undefined;
  #lost = false;
  readonly #heredocs: { readonly delimiter: string; readonly tabs: boolean }[] = [];

  constructor(
    private readonly text: string,
    private readonly around: Surroundings,
  ) {}

  get lost(): boolean {
    return this.#lost;
  }

  /** Gives up: nothing follows. */
  lose(): void {
    this.#lost = true;
    this.#at = this.text.length;
    this.#peeked = END;
  }

  peek(): Token {
    return (this.#peeked ??= this.#read());
  }

  next(): Token {
    const token = this.peek();
    if (token.type !== "end") this.#peeked = undefined;
    return token;
  }

  #read(): Token {
    for (;;) {
      const c = this.text[this.#at];
      if (c === undefined) return END;
      if (c === " " || c === "\t" || c === "\r") this.#at++;
      else if (c === "\\" && this.text[this.#at + 1] === "\n") this.#at += 2;
      else if (c === "#") this.#at = indexOr(this.text, "\n", this.#at);
      else if (c === "<" || c === ">") {
        if (this.text[this.#at + 1] === "(") return this.#word();
        this.#redirection();
      } else if (OPERATOR_START.has(c)) return this.#operator();
      else {
        const word = this.#word();
        // `2>`: the number belongs to the redirection.
        const next = this.text[this.#at];
        if ((next === "<" || next === ">") && word.plain && /^\d+$/.test(word.text ?? "")) continue;
        return word;
      }
      if (this.#lost) return END;
    }
  }

  #operator(): Token {
    const text = OPERATORS.find(one => this.text.startsWith(one, this.#at)) ?? "";
    // bash's `&>`
    if (text === "&" && this.text[this.#at + 1] === ">") {
      this.#at++;
      this.#redirection();
      return this.#read();
    }
    this.#at += text.length;
    if (text === "\n") this.#skipHeredocs();
    return { type: "operator", text };
  }

  #redirection(): void {
    const operator =
      /^(?:<<<|<<-?|<>|<&|>>|>&|>\||<|>)/.exec(this.text.slice(this.#at, this.#at + 3))?.[0] ?? "";
    this.#at += operator.length;
    while (this.text[this.#at] === " " || this.text[this.#at] === "\t") this.#at++;
    const c = this.text[this.#at];
    if (c === undefined || (OPERATOR_START.has(c) && c !== "(")) {
      this.lose();
      return;
    }
    const raw = this.#at;
    const { text } = this.#word();
    if (operator !== "<<" && operator !== "<<-") return;
    const delimiter = text ?? this.text.slice(raw, this.#at);
    this.#heredocs.push({ delimiter, tabs: operator === "<<-" });
  }

  #skipHeredocs(): void {
    for (const { delimiter, tabs } of this.#heredocs.splice(0)) {
      for (;;) {
        if (this.#at >= this.text.length) break;
        const end = indexOr(this.text, "\n", this.#at);
        const line = this.text.slice(this.#at, end);
        this.#at = end + 1;
        if ((tabs ? line.replace(/^\t+/, "") : line) === delimiter) break;
      }
    }
  }

  #word(): Word {
    const word = new Draft();
    const start = this.#at;
    for (;;) {
      // Most words are nothing but this.
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.text)?.[0];
      if (plain !== undefined) {
        word.addPlain(plain);
        this.#at += plain.length;
      }
      const c = this.text[this.#at];
      if (c === undefined || c === " " || c === "\t" || c === "\r" || OPERATOR_START.has(c)) break;
      if (c === "<" || c === ">") {
        if (this.text[this.#at + 1] !== "(") break;
        this.#at += 2;
        this.#substitution(word);
        continue;
      }
      this.#at++;
      if (c === "\\") this.#escaped(word);
      else if (c === "'") this.#single(word);
      else if (c === '"') this.#double(word);
      else if (c === "`") this.#backquote(word);
      else if (c === "$") this.#dollar(word, false);
      else if (c === "~" && this.#at - 1 === start && /[/ \t\n;|&]|^$/.test(this.text[this.#at] ?? ""))
        word.fill(this.around.value("HOME"), true);
      else word.add(c);
    }
    return word.end();
  }

  #escaped(word: Draft): void {
    const c = this.text[this.#at++];
    if (c !== undefined && c !== "\n") word.quote(c);
  }

  #single(word: Draft): void {
    const end = this.text.indexOf("'", this.#at);
    if (end === -1) {
      this.lose();
      return;
    }
    word.quote(this.text.slice(this.#at, end));
    this.#at = end + 1;
  }

  #double(word: Draft): void {
    word.quote("");
    for (;;) {
      const c = this.text[this.#at++];
      if (c === undefined) {
        this.lose();
        return;
      }
      if (c === '"') return;
      if (c === "\\") {
        const next = this.text[this.#at++] ?? "";
        if (next !== "\n") word.quote('$`"\\'.includes(next) ? next : `\\${next}`);
      } else if (c === "`") this.#backquote(word);
      else if (c === "$") this.#dollar(word, true);
      else word.quote(c);
    }
  }

  #backquote(word: Draft): void {
    let inner = "";
    for (;;) {
      const c = this.text[this.#at++];
      if (c === undefined) {
        this.lose();
        return;
      }
      if (c === "`") break;
      if (c === "\\" && "$`\\".includes(this.text[this.#at] ?? "")) inner += this.text[this.#at++] ?? "";
      else inner += c;
    }
    word.unknown();
    this.around.backquoted(inner);
  }

  #dollar(word: Draft, quoted: boolean): void {
    const rest = this.text.slice(this.#at, this.#at + 200);
    const name = /^(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})/.exec(rest)?.[0];
    if (name !== undefined) {
      this.#at += name.length;
      word.fill(this.around.value(name.replace(/[{}]/g, "")), quoted);
    } else if (rest.startsWith("((")) this.#balanced(word, "(", ")");
    else if (rest.startsWith("(")) {
      this.#at++;
      this.#substitution(word);
    } else if (rest.startsWith("{")) this.#balanced(word, "{", "}");
    else if (rest.startsWith("'") && !quoted) {
      const end = /^'(?:\\.|[^'\\])*'/s.exec(this.text.slice(this.#at))?.[0];
      if (end === undefined) {
        this.lose();
        return;
      }
      this.#at += end.length;
      word.unknown();
    } else if (/^[\d?#@*!$-]/.test(rest)) {
      this.#at++;
      word.unknown();
    } else word.quote("$");
  }

  #substitution(word: Draft): void {
    word.unknown();
    const outer = this.#peeked;
    this.#peeked = undefined;
    this.around.substitution();
    const end = this.next();
    if (end.type !== "operator" || end.text !== ")") {
      this.lose();
      return;
    }
    this.#peeked = outer;
  }

  /** `${ }` and `$(( ))`: nothing in them is followed. */
  #balanced(word: Draft, open: string, close: string): void {
    word.unknown();
    let depth = 0;
    for (;;) {
      const c = this.text[this.#at++];
      if (c === undefined) {
        this.lose();
        return;
      }
      if (c === "\\") this.#at++;
      else if (c === "'" && close === "}") {
        const end = this.text.indexOf("'", this.#at);
        if (end === -1) {
          this.lose();
          return;
        }
        this.#at = end + 1;
      } else if (c === open) depth++;
      else if (c === close && --depth === 0) return;
    }
  }
}

const END: Token = { type: "end" };
/** Characters without a meaning of their own, wherever in a word they stand. */
const PLAIN = /[\w./:@%+,{}\0-]+/y;
const OPERATORS = [";;&", "&&", "||", ";;", ";&", "|&", ";", "&", "|", "(", ")", "\n"];
const OPERATOR_START = new Set([";", "&", "|", "(", ")", "\n"]);

/** A word as it grows. */
class Draft {
  #text = "";
  #known = true;
  #plain = true;
  /** Where an unquoted variable with blanks in it was filled in. */
  #splits = false;
  #equals: number | undefined;

  /** An unquoted character. */
  add(c: string): void {
    if (c === "=" && this.#equals === undefined && this.#plain && /^[A-Za-z_]\w*\+?$/.test(this.#text))
      this.#equals = this.#text.length;
    // A pattern stands for the names of files; `[` alone is a command.
    else if ((c === "*" || c === "?") && this.#equals === undefined) this.#known = false;
    this.#text += c;
  }

  addPlain(text: string): void {
    this.#text += text;
  }

  quote(text: string): void {
    this.#plain = false;
    this.#text += text;
  }

  fill(value: string | undefined, quoted: boolean): void {
    this.#plain = false;
    if (value === undefined) this.#known = false;
    else {
      if (!quoted && this.#equals === undefined && /[\s*?[]/.test(value)) this.#splits = true;
      this.#text += value;
    }
  }

  unknown(): void {
    this.#plain = false;
    this.#known = false;
  }

  end(): Word {
    const text = this.#known ? this.#text : undefined;
    const word = { type: "word", text, plain: this.#plain } as const;
    if (this.#equals !== undefined) {
      const name = this.#text.slice(0, this.#equals);
      const added = name.endsWith("+");
      const value = this.#known && !added ? this.#text.slice(this.#equals + 1) : undefined;
      return { ...word, assigns: { name: added ? name.slice(0, -1) : name, value } };
    }
    if (!this.#splits || text === undefined) return word;
    const split = text.split(/\s+/).filter(part => part !== "");
    return split.some(part => /[*?[]/.test(part)) ? { ...word, text: undefined } : { ...word, split };
  }
}

function indexOr(text: string, wanted: string, from: number): number {
  const at = text.indexOf(wanted, from);
  return at === -1 ? text.length : at;
}
