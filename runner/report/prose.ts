/**
 * Small text files of a step as markup: Markdown's tables, headings and paragraphs, CSV as a table, JSON laid out.
 * Everything else in them is shown as the text that it is; no HTML of theirs passes.
 */
import type { Json } from "../core/json.js";
import type { TextFile } from "./attachments.js";
import { type Markup, markup } from "../core/markup.js";

export function textMarkup({ format, text }: TextFile): Markup {
  switch (format) {
    case "markdown":
      return markdownMarkup(text);
    case "csv":
      return tableMarkup(parseCsv(text));
    case "json":
      return markup`<pre>${layOut(JSON.parse(text) as Json)}</pre>`;
    case "text":
      return markup`<pre>${text}</pre>`;
  }
}

/** Headings, pipe tables and paragraphs, which is what steps write; other marks are left as they stand. */
export function markdownMarkup(text: string): Markup {
  const lines = text.split(/\r?\n/);
  const blocks: Markup[] = [];
  for (let i = 0; i < lines.length;) {
    const line = lines[i] ?? "";
    if (line.includes("|") && RULE.test(lines[i + 1] ?? "")) {
      const rows = [cellsOf(line)];
      for (i += 2; (lines[i] ?? "").includes("|"); i++) rows.push(cellsOf(lines[i] ?? ""));
      blocks.push(tableMarkup(rows));
      continue;
    }
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    if (heading !== null) blocks.push(markup`<p><b>${heading[1] ?? ""}</b></p>`);
    else if (line.trim() !== "") blocks.push(markup`<p>${line}</p>`);
    i++;
  }
  return markup`${blocks}`;
}

/** Rows of RFC 4180: quotes around fields, doubled within, line ends allowed in them. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

/** JSON over several lines, lists of plain values on one: matrices stay readable. */
export function layOut(value: Json, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isPlain = (item: Json): boolean => typeof item !== "object" || item === null;
  const list = Array.isArray(value) ? (value as readonly Json[]) : undefined;
  const parts =
    list === undefined
      ? Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${layOut(item, inner)}`)
      : list.map(item => layOut(item, inner));
  const [open, close] = list === undefined ? ["{", "}"] : ["[", "]"];
  if (parts.length === 0) return open + close;
  if (list?.every(isPlain) === true) return `${open}${parts.join(", ")}${close}`;
  return `${open}\n${parts.map(part => inner + part).join(",\n")}\n${indent}${close}`;
}

const RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const MOST_ROWS = 200;
const MOST_COLUMNS = 30;

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "")
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim().replaceAll("\\|", "|"));
}

function tableMarkup(rows: readonly (readonly string[])[]): Markup {
  const [header = [], ...body] = rows;
  const shown = body.slice(0, MOST_ROWS);
  const isNumber = header.map((_, i) => shown.every(row => NUMBER.test(row[i] ?? "")));
  const more = body.length - shown.length;
  const place = (i: number): Markup | false => isNumber[i] === true && markup` class="number"`;
  return markup`<div class="scroll"><table class="data"><thead><tr>${header
    .slice(0, MOST_COLUMNS)
    .map((text, i) => markup`<th scope="col"${place(i)}>${text}</th>`)}</tr></thead><tbody>${shown.map(
    row =>
      markup`<tr>${row.slice(0, MOST_COLUMNS).map((text, i) => markup`<td${place(i)}>${text}</td>`)}</tr>`,
  )}</tbody></table></div>${more > 0 && markup`<p class="soft">${`and ${more} more rows`}</p>`}`;
}

const NUMBER = /^(?:|[-+−]?[\d.][\d.,e±\s%+-]*)$/i;
