import type { ReportModel } from "../model.js";
import { cellText, type MetricCell, type MetricRow, rowName } from "../metrics.js";
import { type Markup, markup } from "../../core/markup.js";
import { type Scale, scaleOf, share } from "../../core/numbers/scale.js";

/** One metric of several steps of a kind, side by side. */
export interface Comparison {
  readonly kind: string;
  readonly metric: string;
  readonly rows: readonly { readonly row: MetricRow; readonly cell: MetricCell }[];
}

/**
 * The comparisons that a reader will look for first: metrics that two or more steps of a kind share, of the last
 * kinds of the pipeline before its first ones, in the order in which the steps recorded them.
 */
export function comparisons(model: ReportModel): Comparison[] {
  const found: Comparison[] = [];
  for (const table of [...model.tables].reverse()) {
    let taken = 0;
    for (const metric of table.metrics) {
      const rows = table.rows.flatMap(row => {
        const cell = row.cells.get(metric);
        return cell === undefined ? [] : [{ row, cell }];
      });
      if (rows.length < 2 || rows.length > MOST_ROWS || !isMeasure(metric, rows)) continue;
      if (taken === MOST_OF_KIND || found.length === MOST) break;
      found.push({ kind: table.kind, metric, rows });
      taken++;
    }
  }
  return found;
}

/** A forest plot: for each row its repeats as dots, their mean and its interval, and the numbers. */
export function forestPlot({ kind, metric, rows }: Comparison): Markup {
  const scale = scaleOf(
    rows.flatMap(({ cell }) => [...cell.values.map(({ value }) => value), ...(intervalOf(cell) ?? [])]),
    3,
  );
  return markup`<figure class="forest"><figcaption><b>${metric}</b> <span class="soft">${kind}</span></figcaption>
<table>${rows.map(({ row, cell }) => plotRow(row, cell, scale))}
<tr class="axis"><td></td><td><svg class="strip" height="20" aria-hidden="true">${scale.ticks.map(
    ({ value, text }) => markup`<text x="${at(scale, value)}" y="13">${text}</text>`,
  )}</svg></td><td class="number"></td></tr></table></figure>`;
}

/** Counts (images, bytes, parameters) and standard errors are no results to be held against each other. */
function isMeasure(metric: string, rows: Comparison["rows"]): boolean {
  if (/(?:^|[^a-z])(?:se|std|stderr)$|standard.?(?:error|deviation)$/i.test(metric)) return false;
  return rows.some(({ cell }) => cell.values.some(({ value }) => !Number.isInteger(value)));
}

const MOST = 4;
const MOST_OF_KIND = 2;
const MOST_ROWS = 40;

function plotRow(row: MetricRow, cell: MetricCell, scale: Scale): Markup {
  const { values, estimate } = cell;
  const { mean, n } = estimate;
  const text = cellText(cell);
  const interval = intervalOf(cell);
  const marks = [
    ...scale.ticks.map(
      ({ value }) =>
        markup`<line class="grid" x1="${at(scale, value)}" x2="${at(scale, value)}" y1="0" y2="28"/>`,
    ),
    interval !== null &&
      markup`<line class="interval" x1="${at(scale, interval[0])}" x2="${at(scale, interval[1])}" y1="14" y2="14"><title>${n > 1 ? `95 % interval of the mean over ${n}: ${text}` : text}</title></line>`,
    ...values
      .filter(({ value }) => Number.isFinite(value))
      .map(
        ({ label, value }) =>
          markup`<circle class="one" cx="${at(scale, value)}" cy="14" r="3.5"><title>${label === "" ? value : `${label}: ${value}`}</title></circle>`,
      ),
    // What has no place on the axis is written in words.
    Number.isFinite(mean) &&
      markup`<circle class="mean" cx="${at(scale, mean)}" cy="14" r="4.5"><title>${n === 1 ? String(mean) : `mean of ${n}: ${text}`}</title></circle>`,
  ];
  const name = rowName(row.step, row.factors);
  return markup`<tr><th scope="row">${name}</th><td><svg class="strip" height="28" role="img" aria-label="${`${name}: ${text}`}">${marks}</svg></td><td class="number">${text}</td></tr>
`;
}

/** The interval over repeats, or the one that the step gave. */
function intervalOf({ estimate: { mean, half }, bounds }: MetricCell): readonly [number, number] | null {
  const interval = half === null ? bounds : ([mean - half, mean + half] as const);
  return interval?.every(Number.isFinite) === true ? interval : null;
}

/** A place along the strip; in percent, so that the strip can be of any width. */
function at(scale: Scale, value: number): string {
  return `${(100 * share(scale, value)).toFixed(2)}%`;
}
