import { ShellScanner } from "./shell-scanner.js";

/** The quotes that surround a hole in a shell script. */
export type Quoting = "none" | "double" | "single";

/** A hole's surroundings: how to quote there, a comment (where nothing is put), or why it is refused. */
export type Hole =
  | { readonly quote: Quoting }
  | { readonly comment: true }
  /** Words that follow "an expression cannot stand". */
  | { readonly refused: string };

/**
 * Looks at every hole of a POSIX shell script, so that a value can be put there as exactly one word, whatever quotes
 * surround it and whatever the value holds. `pieces`: the script's text around its holes, one more than holes.
 */
export function findHoles(pieces: readonly string[]): readonly Hole[] {
  const scanner = new ShellScanner();
  return pieces.slice(0, -1).map(piece => {
    scanner.read(piece);
    return scanner.hole();
  });
}

/**
 * A value as one word of a script. `none`: single-quoted. `double`, `single`: what surrounds it is closed, the value
 * put in single quotes, and the surroundings opened again. A single quote in the value is written `'\''`.
 * The value must not hold a NUL, which no program can be given.
 */
export function quoteForShell(value: string, quote: Quoting): string {
  const word = `'${value.replaceAll("'", "'\\''")}'`;
  if (quote === "none") return word;
  return quote === "double" ? `"${word}"` : `'${word}'`;
}

/** As one types it: in quotes only where a shell would make something else of it. */
export function shellWord(value: string): string {
  return /^[\w./@%+=:,-]+$/.test(value) ? value : quoteForShell(value, "none");
}
