import { formsOf, type Form } from "./secret-forms.js";

/**
 * Secrets in texts: every form in which a program is likely to let one slip out is replaced by `***`.
 * Does not: find a secret that was taken apart, encrypted, compressed or encoded in other ways.
 */
export interface Mask {
  /** The same text without the secrets. */
  text(text: string): string;
  /** Whether these bytes, which follow those of the last call, hold a secret; one may lie across the two. */
  finder(): (chunk: Uint8Array) => boolean;
  /** For bytes that come in pieces, cut anywhere. */
  stream(): MaskedStream;
}

export interface MaskedStream {
  /** What can be passed on by now; the rest could be the beginning of a secret. */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
}

/** A mask for these values. With none, nothing is looked for and nothing changes. */
export function maskOf(values: readonly string[]): Mask {
  const forms = values.flatMap(formsOf);
  if (forms.length === 0) return NO_MASK;
  const search = new Search(forms);
  return {
    text: text => utf8(search.masked(bytesOf(text), true).out),
    finder() {
      let before = "";
      return chunk => {
        const now = before + Buffer.from(chunk).toString("latin1");
        before = now.slice(1 - search.longest);
        return search.find(now, 0) !== undefined;
      };
    },
    stream() {
      let held = "";
      const pass = (chunk: Uint8Array, whole: boolean): Uint8Array => {
        held += Buffer.from(chunk).toString("latin1");
        const { out, end } = search.masked(held, whole);
        held = held.slice(end);
        return Buffer.from(out, "latin1");
      };
      return { push: chunk => pass(chunk, false), end: () => pass(new Uint8Array(), true) };
    },
  };
}

const NO_MASK: Mask = {
  text: text => text,
  finder: () => () => false,
  stream: () => ({ push: chunk => chunk, end: () => new Uint8Array() }),
};

interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * Looks for any of several forms. One regular expression for a whole key of thousands of characters is more than engines
 * take: the first units of all forms are looked for together, and the rest of each is tried piece by piece from there.
 */
class Search {
  readonly longest: number;
  readonly #begin: RegExp;
  readonly #forms: readonly (readonly RegExp[])[];

  constructor(forms: readonly Form[]) {
    this.longest = Math.max(LONGEST_BEGINNING, ...forms.map(form => form.longest));
    const beginnings = new Set(forms.map(({ units }) => units.slice(0, BEGINNING).join("")));
    this.#begin = new RegExp([...beginnings].map(source => `(?:${source})`).join("|"), "g");
    this.#forms = forms.map(({ units }) => {
      const pieces: RegExp[] = [];
      for (let at = 0; at < units.length; at += PIECE)
        pieces.push(new RegExp(units.slice(at, at + PIECE).join(""), "y"));
      return pieces;
    });
  }

  /** The first place from `from` on; the longest form there. */
  find(bytes: string, from: number): Found | undefined {
    for (let at = from; ;) {
      const start = this.#beginning(bytes, at);
      if (start === undefined) return undefined;
      const end = this.#end(bytes, start);
      if (end > start) return { start, end };
      at = start + 1;
    }
  }

  /**
   * The text masked, and where it ends in the original: before what could be the beginning of a secret, unless this is the
   * `whole` text.
   */
  masked(bytes: string, whole: boolean): { readonly out: string; readonly end: number } {
    let out = "";
    /** What is before it is in `out`; what is before `at` has been looked at. */
    let done = 0;
    for (let at = 0; ;) {
      const start = this.#beginning(bytes, at);
      // A form may be known by no more than all of its text, however long it is.
      const certain = whole || (start !== undefined && start + this.longest <= bytes.length);
      if (start === undefined || !certain) {
        // Before a beginning that is seen, another may stand whose last characters are still to come.
        const undecided = whole
          ? bytes.length
          : Math.min(start ?? Infinity, bytes.length - LONGEST_BEGINNING);
        const end = Math.max(done, undecided);
        return { out: out + bytes.slice(done, end), end };
      }
      const end = this.#end(bytes, start);
      at = Math.max(end, start + 1);
      if (end <= start) continue;
      out += `${bytes.slice(done, start)}***`;
      done = end;
    }
  }

  #beginning(bytes: string, from: number): number | undefined {
    this.#begin.lastIndex = from;
    return this.#begin.exec(bytes)?.index;
  }

  /** Where the longest form that begins at `start` ends; -1 where none does. */
  #end(bytes: string, start: number): number {
    return this.#forms.reduce((most, pieces) => Math.max(most, endOf(pieces, bytes, start)), -1);
  }
}

/** Units by which a form is found, and units that are tried at once. */
const BEGINNING = 4;
/** Characters that the first units of any form take at most. */
const LONGEST_BEGINNING = 640;
const PIECE = 16;

/** Where a form that begins at `start` ends; -1 where it does not stand there. */
function endOf(pieces: readonly RegExp[], bytes: string, start: number): number {
  let at = start;
  for (const piece of pieces) {
    piece.lastIndex = at;
    if (!piece.test(bytes)) return -1;
    at = piece.lastIndex;
  }
  return at;
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString();
}
