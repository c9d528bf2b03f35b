import { isMapping, isSequence, type Written, wordOf } from "../core/spelled.js";
import { isName } from "../pipeline/schema/names.js";

/** A value that DVC's `${name}` stands for, and how a vistas pipeline names it. */
export interface Binding {
  readonly value: Written;
  /** What stands inside `${{ }}`: `params.train.lr`, `matrix.seed`. Undefined: a constant of dvc.yaml. */
  readonly ref: string | undefined;
  /** Entries that have names of their own: those of `item` in a matrix. */
  readonly entries?: Readonly<Record<string, Binding>>;
}

export type Scope = ReadonlyMap<string, Binding>;
export type Piece = string | Binding;

/** DVC's `${a.b[0]}` in a text; `\${` stands for itself. `unknown` is called with each name that has no value. */
export function interpolate(text: string, scope: Scope, unknown: (name: string) => void): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(/(\\?)\$\{\s*([^{}]*?)\s*\}/g)) {
    const [whole, backslash = "", name = ""] = match;
    pieces.push(text.slice(from, match.index));
    from = match.index + whole.length;
    const found = backslash === "" ? lookUp(name, scope) : undefined;
    if (found === undefined && backslash === "") unknown(name);
    pieces.push(found ?? whole.slice(backslash.length));
  }
  pieces.push(text.slice(from));
  return pieces.filter(piece => piece !== "");
}

/** `a.b[0].c`; undefined where there is nothing of that name. */
export function lookUp(name: string, scope: Scope): Binding | undefined {
  const [first = "", ...rest] = partsOf(name);
  let found = scope.get(first);
  for (const part of rest) found = found && below(found, part);
  return found;
}

export function partsOf(name: string): readonly string[] {
  return name.split(/[.[]/).map(part => part.replace(/\]$/, "").trim());
}

/** An entry of a mapping or a list. */
export function below({ value, ref, entries }: Binding, part: string): Binding | undefined {
  if (entries !== undefined) return entries[part];
  const entry = isMapping(value)
    ? Object.entries(value).find(([key]) => key === part)?.[1]
    : isSequence(value) && /^\d+$/.test(part)
      ? value[Number(part)]
      : undefined;
  if (entry === undefined) return undefined;
  return { value: entry, ref: ref === undefined ? undefined : ref + way(isSequence(value), part) };
}

function way(inList: boolean, part: string): string {
  if (inList) return `[${part}]`;
  return isName(part) ? `.${part}` : `["${part}"]`;
}

/** The text itself, as DVC makes it; undefined where a list or a mapping stands in it. */
export function plainText(pieces: readonly Piece[]): string | undefined {
  const texts = pieces.map(piece => (typeof piece === "string" ? piece : wordOf(piece.value)));
  return texts.includes(undefined) ? undefined : texts.join("");
}

/** The text as a vistas pipeline writes it. */
export function asExpressions(pieces: readonly Piece[]): string {
  return pieces
    .map(piece => {
      if (typeof piece === "string") return piece.replaceAll("${{", "$${{");
      if (piece.ref === undefined) return (wordOf(piece.value) ?? "").replaceAll("${{", "$${{");
      return `\${{ ${piece.ref} }}`;
    })
    .join("");
}

/** A mapping in a command is its options, as DVC writes them: `--lr 0.1 --layers 1 2 --verbose`. */
export function asOptions(binding: Binding, prefix = ""): readonly Piece[] {
  if (!isMapping(binding.value)) return [];
  const options = Object.keys(binding.value).map((key): readonly Piece[] => {
    const entry = below(binding, key);
    const option = `${prefix}${key}`;
    if (entry === undefined || entry.value === false) return [];
    if (isMapping(entry.value)) return asOptions(entry, `${option}.`);
    if (entry.value === true) return [`--${option}`];
    if (!isSequence(entry.value)) return [`--${option} `, entry];
    return [`--${option}`, ...entry.value.flatMap((_, i) => [" ", below(entry, String(i)) ?? ""])];
  });
  return options
    .filter(option => option.length > 0)
    .flatMap((option, i) => (i === 0 ? option : [" ", ...option]));
}
