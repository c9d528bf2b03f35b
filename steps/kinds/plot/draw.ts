import { type Markup, markup, type Scale, scaleOf, share } from "../../../runner/figures-api.js";
import type { Label } from "../../../runner/step-api.js";
import type { PlotOptions } from "./plot-options.js";
import type { Point } from "./points.js";
import { number } from "./figure-tables.js";

export interface Plot extends Pick<PlotOptions, "along" | "metric" | "spacing" | "title" | "xLabel"> {
  /** Those of the axis, and `limit` last. */
  readonly points: readonly Point[];
  /** A point beyond the axis's end. */
  readonly limit: Point | undefined;
  /** Drawn across, each with its interval as a band. */
  readonly lines: readonly Point[];
}

/**
 * One SVG file that needs nothing else: points with their intervals, every repeat as a dot beside, reference lines with
 * theirs as bands. Colours follow the reader's light or dark. Values show on hover.
 */
export function drawPlot(plot: Plot): string {
  const { points, lines, metric, title, along, xLabel } = plot;
  const all = [...points, ...lines].flatMap(({ mean, low, high, values }) => [
    mean,
    low ?? mean,
    high ?? mean,
    ...values,
  ]);
  const y = scaleOf(all, 6);
  const places = placesOf(plot);
  const at = (i: number): number => LEFT + PAD + (places[i] ?? 0) * (RIGHT - LEFT - 2 * PAD);
  const path = points.map(({ mean }, i) => `${i === 0 ? "M" : "L"}${px(at(i))} ${py(y, mean)}`).join("");
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title === "" ? `${metric} along ${along}` : title}">
${STYLE}<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${LEFT}" y="22">${title}</text>
${y.ticks.map(
  ({
    value,
    text,
  }) => markup`<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${py(y, value)}" y2="${py(y, value)}"/><text class="end" x="${LEFT - 8}" y="${py(y, value)}" dy="4">${text}</text>
`,
)}${points.map(
    (
      point,
      i,
    ) => markup`<text class="middle" x="${px(at(i))}" y="${BOTTOM + 18}">${labelText(point.at)}</text>
`,
  )}<text class="middle soft" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 10}">${xLabel === "" ? along : xLabel}</text>
<text class="middle soft" transform="translate(14 ${(TOP + BOTTOM) / 2}) rotate(-90)">${metric}</text>
${drawLines(lines, y)}<path class="mean" d="${path}"/>
${points.map((point, i) => drawPoint(point, at(i), y))}</svg>
`.text;
}

const WIDTH = 680;
const HEIGHT = 380;
const LEFT = 64;
const RIGHT = 590;
const TOP = 38;
const BOTTOM = 318;
/** Room between the frame and the first and last point. */
const PAD = 22;

/** Where each point lies, 0 to 1. Throws where the axis has a value that the spacing has no place for. */
function placesOf({ points, limit, spacing, along }: Plot): number[] {
  const even = points.map((_, i) => (points.length === 1 ? 0.5 : i / (points.length - 1)));
  if (spacing === "even") return even;
  const axis = limit === undefined ? points : points.slice(0, -1);
  const numbers = axis.map(({ at }) => {
    const value = typeof at === "number" ? at : NaN;
    if (Number.isFinite(spacing === "log" ? Math.log(value) : value)) return value;
    const why = spacing === "log" ? "a log axis takes numbers above 0" : "a linear axis takes numbers";
    throw new Error(
      `with.spacing: ${spacing}: '${along}' has ${JSON.stringify(at)}, but ${why}. Leave the point out, or write ` +
        `spacing: ${spacing === "log" && typeof at === "number" ? "linear, or " : ""}even`,
    );
  });
  const lie = spacing === "log" ? numbers.map(Math.log) : numbers;
  const [min, max] = [Math.min(...lie), Math.max(...lie)];
  if (max === min) return even;
  // The limit takes the place after the axis's end, as wide as one of an even axis.
  const end = limit === undefined ? 1 : (axis.length - 1) / axis.length;
  return [...lie.map(value => (end * (value - min)) / (max - min)), ...(limit === undefined ? [] : [1])];
}

/** Reference lines, their names beside them, pushed apart where they would overlap. */
function drawLines(lines: readonly Point[], y: Scale): Markup[] {
  const ranked = [...lines].sort((a, b) => b.mean - a.mean);
  let last = -Infinity;
  return ranked.map(line => {
    const { at, mean, low, high } = line;
    const middle = Number(py(y, mean));
    const name = Math.max(middle + 4, last + 15);
    last = name;
    const colour = `line ${String(at)}`;
    const band =
      low !== null &&
      high !== null &&
      markup`<rect class="band ${colour}" x="${LEFT}" width="${RIGHT - LEFT}" y="${py(y, high)}" height="${(Number(py(y, low)) - Number(py(y, high))).toFixed(1)}"/>`;
    return markup`${band}<line class="${colour}" x1="${LEFT}" x2="${RIGHT}" y1="${middle}" y2="${middle}"><title>${`${String(at)} ${intervalText(line)}`}</title></line><text class="${colour}" x="${RIGHT + 6}" y="${name}">${`${String(at)} ${mean.toFixed(3)}`}</text>
`;
  });
}

function drawPoint(point: Point, x: number, y: Scale): Markup {
  const { mean, low, high, values } = point;
  const whisker =
    low !== null &&
    high !== null &&
    markup`<line class="whisker" x1="${px(x)}" x2="${px(x)}" y1="${py(y, low)}" y2="${py(y, high)}"/>`;
  const repeats =
    values.length > 1 &&
    values.map(value => markup`<circle class="repeat" cx="${px(x + 7)}" cy="${py(y, value)}" r="2"/>`);
  return markup`<g><title>${`${labelText(point.at)}: ${intervalText(point)}`}</title>${whisker}${repeats}<circle class="point" cx="${px(x)}" cy="${py(y, mean)}" r="4"/></g>
`;
}

function intervalText({ mean, low, high, values }: Point): string {
  const between = low === null || high === null ? "" : ` (${number(low)} to ${number(high)})`;
  return `${number(mean)}${between}, n = ${values.length}`;
}

/** 64000 as 64,000: the eye counts zeros badly. */
function labelText(label: Label): string {
  return typeof label === "number" && Number.isInteger(label) ? label.toLocaleString("en-US") : String(label);
}

function px(x: number): string {
  return x.toFixed(1);
}

function py(y: Scale, value: number): string {
  return (BOTTOM - share(y, value) * (BOTTOM - TOP)).toFixed(1);
}

const STYLE = markup`<style>
:root { --paper: #fff; --ink: #1c2430; --soft: #667085; --grid: #e4e7ec; --main: #2a6fdb; --real: #0f8a5f; --random: #b4690e; --raw: #8b5cf6; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e6e9ef; --soft: #98a2b3; --grid: #2b323d; --main: #6ea8ff; --real: #4cc38a; --random: #f0a348; --raw: #b69cff; } }
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 14px; font-weight: 600; }
.paper { fill: var(--paper); } .soft { fill: var(--soft); } .end { text-anchor: end; fill: var(--soft); } .middle { text-anchor: middle; }
.grid { stroke: var(--grid); } .mean { fill: none; stroke: var(--main); stroke-width: 2; } .whisker { stroke: var(--main); stroke-width: 2; }
.point { fill: var(--main); } .repeat { fill: var(--main); opacity: 0.45; }
line.line { stroke-dasharray: 5 4; stroke-width: 1.5; } .band { opacity: 0.12; }
.real { stroke: var(--real); fill: var(--real); } .random { stroke: var(--random); fill: var(--random); } .raw { stroke: var(--raw); fill: var(--raw); }
text.line, .band { stroke: none; }
</style>
`;
