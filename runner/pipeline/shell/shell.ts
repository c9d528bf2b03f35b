import { shellTokens, type ShellToken } from "./shell-tokens.js";

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
 *
 * Where that cannot be sure, a hole is refused: a refusal is an inconvenience, a wrong guess would run a value as code.
 */
export function findHoles(pieces: readonly string[]): readonly Hole[] {
  const { tokens, lost } = shellTokens(pieces.join("\0"));
  const holes: Hole[] = [];
  // The word after `>&`, `<&` or `&>`: bash expands what is expanded or quoted there once more.
  let copying: "begins" | "goes on" | undefined;
  for (const token of tokens) {
    const hole = holeIn(token, copying !== undefined, lost ?? "here");
    for (let i = token.text.indexOf("\0"); i !== -1; i = token.text.indexOf("\0", i + 1)) holes.push(hole);
    if (token.type === "redirection") copying = token.text.includes("&") ? "begins" : undefined;
    else if (copying === "goes on" && !token.double && ENDING.has(token.type)) copying = undefined;
    else if (copying === "begins" && token.type !== "blank") copying = "goes on";
  }
  return holes;
}

function holeIn({ type, double }: ShellToken, copying: boolean, lost: string): Hole {
  if (type === "comment") return { comment: true };
  if (type === "lost") return { refused: lost };
  if (type === "document") return { refused: "inside a here-document" };
  if (copying) return { refused: "as the target of `>&`, which some shells expand twice" };
  return { quote: type === "quoted" ? "single" : double ? "double" : "none" };
}

const ENDING: ReadonlySet<ShellToken["type"]> = new Set(["blank", "operator", "close"]);

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
