import { stripVTControlCharacters } from "node:util";
import { type Colors, displayWidth, padEnd, padStart, truncate } from "./display-text.js";

export interface Column {
  readonly title: string;
  /** Default: right where every cell is a number (with or without a unit or an interval), else left. */
  readonly align?: "left" | "right";
}

export interface TableOptions {
  readonly colors?: Colors;
  /** Spaces before each line. */
  readonly indent?: number;
  /** Columns of the terminal; the widest left-aligned columns give way, ending in `…`. Default: no limit. */
  readonly width?: number;
}

/**
 * An aligned text table with a dimmed header, one line a row, no rules; ends without a newline.
 * Cells may be coloured. A row may be shorter than the header. Does not wrap.
 */
export function table(
  columns: readonly (string | Column)[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const specs = columns.map((column, i) => resolve(column, i, rows));
  const widths = specs.map((spec, i) => {
    let width = displayWidth(spec.title);
    for (const row of rows) width = Math.max(width, displayWidth(row[i] ?? ""));
    return width;
  });
  const indent = options.indent ?? 0;
  if (options.width !== undefined) shrink(widths, specs, options.width - indent - GAP * (specs.length - 1));

  const line = (cells: readonly string[], paint: (text: string) => string = identity): string => {
    const parts = specs.map((spec, i) => {
      const width = widths[i] ?? 0;
      const cell = cells[i] ?? "";
      const fitted = displayWidth(cell) > width ? truncate(cell, width) : cell;
      return spec.align === "right" ? padStart(paint(fitted), width) : padEnd(paint(fitted), width);
    });
    return (" ".repeat(indent) + parts.join(" ".repeat(GAP))).trimEnd();
  };
  const dim = options.colors?.dim ?? identity;
  const header = line(
    specs.map(spec => spec.title),
    dim,
  );
  return [header, ...rows.map(row => line(row))].join("\n");
}

const GAP = 2;
/** A column is not made narrower than this. */
const LEAST = 8;
const NUMBER = /^[-+−]?(?:\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|NaN|Infinity)(?:$|[\s%a-z×±].*$)/i;

function resolve(column: string | Column, i: number, rows: readonly (readonly string[])[]): Required<Column> {
  const spec: Column = typeof column === "string" ? { title: column } : column;
  if (spec.align !== undefined) return { title: spec.title, align: spec.align };
  let numbers = 0;
  for (const row of rows) {
    const cell = stripVTControlCharacters(row[i] ?? "").trim();
    if (cell === "" || cell === "–") continue;
    if (!NUMBER.test(cell)) return { title: spec.title, align: "left" };
    numbers++;
  }
  return { title: spec.title, align: numbers > 0 ? "right" : "left" };
}

function shrink(widths: number[], specs: readonly Required<Column>[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    let widest = -1;
    for (const [i, width] of widths.entries())
      if (specs[i]?.align === "left" && width > LEAST && width > (widths[widest] ?? 0)) widest = i;
    if (widest < 0) return;
    // Down to the next widest at once would be faster; tables are small.
    widths[widest] = (widths[widest] ?? 0) - 1;
    over--;
  }
}

function identity(text: string): string {
  return text;
}
