import { number, withInterval } from "../../ui/quantities.js";
import { comparisons, forestPlot } from "./forest.js";
import { type Markup, markup } from "../../core/markup.js";
import { cellText, type MetricCell, type MetricRow, type MetricTable } from "../metrics.js";
import type { ReportModel } from "../model.js";
import { textMarkup } from "../prose.js";
import { type Section, stepAnchor } from "./section.js";

/**
 * What came out: the last steps' metrics large, metrics that steps share side by side, then every kind's table.
 * The runner does not know what a metric means; it goes by who recorded it and along which axes.
 */
export function resultsSection(model: ReportModel): Section | null {
  if (model.tables.length === 0) return null;
  const verdictsShown = verdicts(model);
  const tables = model.tables
    .filter(({ rows }) => !verdictsShown.some(row => rows.includes(row)))
    .map(table => metricTable(model, table))
    .reverse();
  const plots = comparisons(model).map(
    comparison => markup`<div class="card">${forestPlot(comparison)}</div>`,
  );
  const body = markup`${tiles(verdictsShown)}${lastTexts(model)}
<div class="columns">${plots}</div>
<p class="soft note">Mean ± half-width of the 95 % t-interval over repeats (seeds, folds); other axes have a row for each value. Dots are the single repeats: hover for their values.</p>
${model.tables.flatMap(({ notices }) => notices.map(notice => markup`<p class="note">${notice}.</p>`))}
${tables}`;
  return { id: "results", title: "Results", body };
}

/** A last step that stands alone in its kind, with few metrics, is a verdict: its numbers stand at the top. */
function verdicts(model: ReportModel): MetricRow[] {
  const rows = model.tables.flatMap(table => (table.rows.length === 1 ? table.rows : []));
  return rows.filter(row => model.last.has(row.step) && row.cells.size <= MOST_TILES).slice(0, MOST_VERDICTS);
}

function tiles(rows: readonly MetricRow[]): Markup[] {
  return rows.map(
    row =>
      markup`<div class="tiles">${[...row.cells].map(
        ([name, { estimate, values, bounds }]) =>
          markup`<div class="tile" title="${values.map(({ value }) => value).join(", ")}"><span>${row.name} · ${name}</span><b>${withInterval(estimate.mean, estimate.half)}</b>${bounds !== null && markup`<span>${`[${number(bounds[0])}, ${number(bounds[1])}]`}</span>`}</div>`,
      )}</div>`,
  );
}

const MOST_TILES = 8;
const MOST_VERDICTS = 3;
const MOST_METRICS = 5;

/** Tables that a last step wrote in Markdown were written to be read: they are shown, not folded away. */
function lastTexts(model: ReportModel): Markup[] {
  const last = new Set(
    model.steps
      .filter(({ step }) => model.last.has(step))
      .flatMap(({ results }) => results.map(({ step }) => step.id)),
  );
  return model.attachments.texts
    .filter(text => text.format === "markdown" && last.has(text.id))
    .map(text => markup`<div class="card"><h3>${text.id}</h3>${textMarkup(text)}</div>`);
}

function metricTable(model: ReportModel, { kind, metrics, rows }: MetricTable): Markup {
  const shown = metrics.slice(0, MOST_METRICS);
  const rest = metrics.slice(MOST_METRICS);
  return markup`<div class="card"><h3>${kind}</h3>
<div class="scroll"><table class="data"><thead><tr><th></th>${shown.map(
    metric => markup`<th scope="col" class="number">${metric}</th>`,
  )}</tr></thead><tbody>${rows.map(
    row => markup`<tr>${rowHead(model, row)}${shown.map(metric => cellMarkup(row.cells.get(metric)))}</tr>
`,
  )}</tbody></table></div>${rest.length > 0 && markup`<details><summary>${rest.length} more metrics</summary>${turned(rest, rows)}</details>`}${repeats(shown, rows)}</div>
`;
}

function rowHead(model: ReportModel, row: MetricRow): Markup {
  const anchor = stepAnchor(model, row.step);
  return markup`<th scope="row">${anchor === undefined ? row.name : markup`<a href="#${anchor}">${row.name}</a>`}</th>`;
}

function cellMarkup(cell: MetricCell | undefined): Markup {
  if (cell === undefined) return markup`<td></td>`;
  const { estimate, values } = cell;
  const each = values
    .map(({ label, value }) => (label === "" ? String(value) : `${label}: ${value}`))
    .join("\n");
  return markup`<td class="number" title="${each}">${cellText(cell)}${
    estimate.n > 1 && markup` <span class="soft">n=${estimate.n}</span>`
  }</td>`;
}

/** Many metrics of few steps: metrics down, steps across. */
function turned(metrics: readonly string[], rows: readonly MetricRow[]): Markup {
  return markup`<div class="scroll"><table class="data"><thead><tr><th></th>${rows.map(
    row => markup`<th scope="col" class="number">${row.name}</th>`,
  )}</tr></thead><tbody>${metrics.map(
    metric =>
      markup`<tr><th scope="row">${metric}</th>${rows.map(row => cellMarkup(row.cells.get(metric)))}</tr>`,
  )}</tbody></table></div>`;
}

/** The single values, for who has no mouse to hover with, or wants to copy them. */
function repeats(metrics: readonly string[], rows: readonly MetricRow[]): Markup | null {
  const lines = rows.flatMap(row => {
    const labels = [
      ...new Set([...row.cells.values()].flatMap(cell => cell.values.map(({ label }) => label))),
    ];
    if (labels.length < 2) return [];
    return labels.map(label => ({ row, label }));
  });
  if (lines.length === 0) return null;
  return markup`<details><summary>each repeat</summary><div class="scroll"><table class="data"><thead><tr><th></th><th></th>${metrics.map(
    metric => markup`<th scope="col" class="number">${metric}</th>`,
  )}</tr></thead><tbody>${lines.map(
    ({ row, label }) =>
      markup`<tr><th scope="row">${row.name}</th><td>${label}</td>${metrics.map(metric => {
        const value = row.cells.get(metric)?.values.find(one => one.label === label)?.value;
        return value === undefined
          ? markup`<td></td>`
          : markup`<td class="number" title="${value}">${number(value, 5)}</td>`;
      })}</tr>`,
  )}</tbody></table></div></details>`;
}
