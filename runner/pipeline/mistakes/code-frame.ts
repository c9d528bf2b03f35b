import picocolors from "picocolors";
import type { Diagnostic, Range, Related } from "../../core/diagnostic.js";

export interface FrameOptions {
  readonly color: boolean;
}

/** Characters of a source line that are shown; longer lines are cut around what is pointed at. */
const WIDTH = 100;

/**
 * A diagnostic for a terminal: `file:line:col: error[code]: message`, the line with what is pointed at underlined, and
 * what to do. `text`: that of the diagnostic's file, if it has one. Ends without a newline. A pure function.
 * Does not: know how wide characters are; in a line of wide ones the underline is a little off.
 */
export function formatDiagnostic(d: Diagnostic, text: string | undefined, { color }: FrameOptions): string {
  const c = picocolors.createColors(color);
  const tint = d.severity === "error" ? c.red : c.yellow;
  const out = [`${where(d)}${c.bold(tint(`${d.severity}[${d.code}]`))}: ${c.bold(d.message)}`];
  if (d.range !== undefined && text !== undefined) {
    const { number, line, underline } = frame(text, d.range);
    const margin = " ".repeat(number.length);
    out.push(
      c.dim(`${margin} |`),
      `${c.dim(`${number} |`)} ${line}`,
      `${c.dim(`${margin} |`)} ${tint(underline)}`,
    );
  }
  if (d.hint !== undefined) out.push(`${c.cyan("help")}: ${d.hint}`);
  for (const related of d.related ?? []) out.push(`${c.dim("note")}: ${where(related)}${related.message}`);
  return out.join("\n");
}

/** Several, with an empty line between them. `texts` by file name. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
  options: FrameOptions,
): string {
  return diagnostics.map(d => formatDiagnostic(d, texts.get(d.file), options)).join("\n\n");
}

function where({ file, range }: Diagnostic | Related): string {
  if (file === "") return "";
  return range === undefined ? `${file}: ` : `${file}:${range.start.line}:${range.start.column}: `;
}

function frame(text: string, { start, end }: Range): { number: string; line: string; underline: string } {
  const begin = start.offset - (start.column - 1);
  const newline = text.indexOf("\n", begin);
  const whole = text.slice(begin, newline === -1 ? text.length : newline).replace(/\r$/, "");
  const from = start.column - 1;
  const to = end.line === start.line ? Math.max(from + 1, end.column - 1) : Math.max(from + 1, whole.length);
  // Of a long line, the part that begins a little before the place.
  const cut = whole.length <= WIDTH ? 0 : Math.max(0, Math.min(from - 20, whole.length - WIDTH));
  const shown = whole.slice(cut, cut + WIDTH);
  const [left, right] = [cut > 0 ? "..." : "", cut + shown.length < whole.length ? "..." : ""];
  // Tabs are copied into the underline, so that both lines are shifted alike.
  const before = left.replace(/./g, " ") + whole.slice(cut, from).replace(/[^\t]/g, " ");
  const length = Math.max(1, Math.min(to, cut + shown.length) - from);
  return { number: String(start.line), line: left + shown + right, underline: before + "^".repeat(length) };
}
