import { table } from "../../ui/table.js";
import { colors, printable } from "../../ui/display-text.js";
import { checkCells, lockLines, type Reproduction, verdictLine } from "./reproduction.js";

export interface ChecksTableOptions {
  readonly color: boolean;
  readonly stdout: { readonly columns?: number | undefined };
}

/** A reproduction for the terminal: a line a check, by how much it holds or fails below it, the lock, the verdict. */
export function renderChecksTable(reproduction: Reproduction, { color, stdout }: ChecksTableOptions): string {
  const paint = colors(color);
  const { checks, lock, audits, ok } = reproduction;
  const mark = (good: boolean): string => (good ? paint.green("✔") : paint.red("✖"));
  const rows = checks.map(check => {
    const { name, bounds, actual, tolerance, interval, n } = checkCells(check);
    // Sentences and expressions stand below the table in full: a column is as wide as its longest cell.
    const texts = [cut(name), bounds, actual, tolerance, interval, n, check.source].map(printable);
    return [mark(check.ok), ...texts];
  });
  const titles = ["", "expectation", "expected", "actual", "tolerance", "interval", "n", "source"];
  const width = stdout.columns === undefined ? {} : { width: stdout.columns };
  const notes = checks.map(check => {
    const claim = typeof check.expected === "string" ? ` (${check.expected})` : "";
    return `${mark(check.ok)} ${printable(checkCells(check).name + claim)}: ${printable(check.note)}`;
  });
  const labelled = audits.map(({ id, label, detail }) => [id, label, printable(detail)]);
  return [
    ...(rows.length > 0 ? [table(titles, rows, { colors: paint, ...width }), notes.join("\n")] : []),
    ...(lock === null
      ? []
      : [
          lockLines(lock)
            .map((line, i) => `${i === 0 ? `${mark(lock.ok)} ` : "  "}${printable(line)}`)
            .join("\n"),
        ]),
    ...(labelled.length === 0
      ? []
      : [table(["step, run twice", "label", ""], labelled, { colors: paint, ...width })]),
    ok ? paint.green(verdictLine(reproduction)) : paint.red(verdictLine(reproduction)),
  ].join("\n\n");
}

function cut(name: string): string {
  return name.length > 60 ? `${name.slice(0, 59)}…` : name;
}
