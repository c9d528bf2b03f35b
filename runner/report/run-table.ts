import type { RunRecord, StepResult } from "../core/record.js";
import { type Column, table } from "../ui/table.js";
import { type Colors, colors, displayWidth, printable } from "../ui/display-text.js";
import { cellText, metricSources, type MetricTable, metricTables } from "./metrics.js";

export interface RunTableOptions {
  readonly color: boolean;
  /** Its `columns`, where it is a terminal, is how wide a table may be. */
  readonly stdout: { readonly columns?: number | undefined };
}

/**
 * The results of a run, for the terminal: for each kind the metrics of its steps, mean ± 95 % t-interval over
 * repeats; metrics that do not fit the width are counted. No trailing newline; `""` where no step has metrics.
 */
export function renderRunTable(
  run: Pick<RunRecord, "steps">,
  results: readonly StepResult[],
  { color, stdout }: RunTableOptions,
): string {
  // Steps come in the record's order, whatever order the results were read in.
  const place = new Map(run.steps.map((step, i) => [step.id, i]));
  const ordered = [...results].sort((a, b) => (place.get(a.step.id) ?? 0) - (place.get(b.step.id) ?? 0));
  const paint = colors(color);
  return metricTables(metricSources(ordered))
    .map(one => kindTable(one, stdout.columns ?? Infinity, paint))
    .join("\n\n");
}

/** Metrics of a kind that are shown, however wide the output is: of thousands nobody reads a table. */
const MOST_COLUMNS = 50;

/** A step has a line; where none of a kind's has repeats, the column of their number is left out. */
function kindTable({ kind, metrics, rows, notices }: MetricTable, width: number, paint: Colors): string {
  const names = rows.map(row => printable(row.name));
  const counts = rows.map(row =>
    [...row.cells.values()].reduce((most, cell) => Math.max(most, cell.estimate.n), 0),
  );
  const repeated = counts.some(n => n > 1);
  const cells = metrics.slice(0, MOST_COLUMNS).map(metric =>
    rows.map(row => {
      const cell = row.cells.get(metric);
      return cell === undefined ? "" : cellText(cell);
    }),
  );
  const widths = cells.map((column, i) =>
    column.reduce((widest, cell) => Math.max(widest, displayWidth(cell) + 2), (metrics[i]?.length ?? 0) + 2),
  );
  let room = width - Math.max(kind.length, ...names.map(displayWidth)) - (repeated ? 4 : 0) - 10;
  let fitting = 0;
  while (fitting < widths.length && (fitting === 0 || room >= (widths[fitting] ?? 0)))
    room -= widths[fitting++] ?? 0;

  const columns: Column[] = [
    { title: kind },
    ...(repeated ? [{ title: "n", align: "right" as const }] : []),
    ...metrics.slice(0, fitting).map(metric => ({ title: printable(metric), align: "right" as const })),
    ...(fitting < metrics.length ? [{ title: `+${metrics.length - fitting} more` }] : []),
  ];
  const lastLines = notices.map(notice => `\n${printable(notice)}`).join("");
  const lines = rows.map((_, i) => [
    names[i] ?? "",
    ...(repeated ? [String(counts[i] ?? 1)] : []),
    ...cells.slice(0, fitting).map(column => column[i] ?? ""),
  ]);
  return table(columns, lines, { colors: paint }) + lastLines;
}
