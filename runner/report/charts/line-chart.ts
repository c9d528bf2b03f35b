import { number } from "../../ui/quantities.js";
import type { Chart, Series } from "./curves.js";
import { type Markup, markup } from "../../core/markup.js";
import { type Scale, scaleOf, share } from "../../core/numbers/scale.js";

/**
 * Curves on common axes: a line for each repeat, unless there are too many to see apart; of three repeats or more
 * the band between the least and the greatest; their mean above them. Values show on hover by `<title>`, without a script.
 */
export function lineChart(chart: Chart): Markup {
  const series = chart.series.slice(0, MOST_SERIES);
  const points = series.flatMap(({ lines }) => lines.flatMap(line => line.points));
  const x = scaleOf(
    points.map(([at]) => at),
    5,
    0,
  );
  const y = scaleOf(
    points.map(([, value]) => value),
    5,
  );
  const hidden = chart.series.length - series.length;
  return markup`<figure class="chart"><figcaption><b>${chart.metric}</b> <span class="soft">${chart.kind}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${chart.metric} of ${chart.kind}`}">${axes(x, y)}${series.map((one, i) => drawSeries(one, i, x, y))}</svg>
<ul class="legend">${series.map((one, i) => legendEntry(one, i))}${hidden > 0 && markup`<li class="soft">${`and ${hidden} more, not drawn`}</li>`}</ul></figure>
`;
}

const WIDTH = 460;
const HEIGHT = 250;
const LEFT = 46;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 24;
/** As many as there are colours. */
const MOST_SERIES = 8;
/** With more repeats than this, or more points in all, the lines hide each other. */
const MOST_LINES = 6;
const MOST_DRAWN = 400;
const MOST_HOVERS = 24;

function px(scale: Scale, value: number): string {
  return (LEFT + share(scale, value) * (WIDTH - LEFT - RIGHT)).toFixed(1);
}

function py(scale: Scale, value: number): string {
  return (HEIGHT - BOTTOM - share(scale, value) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
}

function axes(x: Scale, y: Scale): Markup {
  const floor = HEIGHT - BOTTOM;
  return markup`<g class="axes">${y.ticks.map(
    ({ value, text }) =>
      markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y, value)}" y2="${py(y, value)}"/><text class="y" x="${LEFT - 6}" y="${py(y, value)}" dy="4">${text}</text>`,
  )}<line class="base" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${floor}" y2="${floor}"/>${x.ticks.map(
    ({ value, text }) => markup`<text class="x" x="${px(x, value)}" y="${HEIGHT - 7}">${text}</text>`,
  )}</g>`;
}

function drawSeries(series: Series, i: number, x: Scale, y: Scale): Markup {
  const { lines, mean, name } = series;
  const drawn = lines.reduce((sum, { points }) => sum + points.length, 0);
  const banded = lines.length > 2 && mean.length > 0;
  const hidden = banded && (lines.length > MOST_LINES || drawn > MOST_DRAWN);
  const path = (points: readonly (readonly [number, number])[], gaps: readonly number[] = []): string =>
    points
      .map(([at, value], k) => {
        const before = points[k - 1]?.[0];
        const begins = before === undefined || gaps.some(gap => before < gap && gap < at);
        return `${begins ? "M" : "L"}${px(x, at)} ${py(y, value)}`;
      })
      .join("");
  const upper = mean.map(({ at, max }) => [at, max] as const);
  const lower = mean.map(({ at, min }) => [at, min] as const).reverse();
  const middle = mean.map(point => [point.at, point.mean] as const);
  const faint = mean.length > 0 ? "line faint" : "line";
  return markup`<g class="s${i}">${
    banded &&
    markup`<path class="band" d="${path([...upper, ...lower])}Z"><title>${`${name}: least to greatest of ${lines.length}`}</title></path>`
  }${
    !hidden &&
    lines.map(
      line =>
        markup`<path class="${faint}" d="${path(line.points, line.gaps)}"><title>${lineTitle(name, line)}</title></path>`,
    )
  }${middle.length > 0 && markup`<path class="line" d="${path(middle)}"><title>${`${name}: mean of ${lines.length}`}</title></path>`}${hovers(series, x, y)}</g>`;
}

/** Invisible dots that are large enough to point at. */
function hovers({ lines, mean, name }: Series, x: Scale, y: Scale): Markup[] {
  const points =
    mean.length > 0 ? mean.map(point => [point.at, point.mean] as const) : (lines[0]?.points ?? []);
  const step = Math.max(1, Math.ceil(points.length / MOST_HOVERS));
  return points
    .filter((_, k) => k % step === 0 || k === points.length - 1)
    .map(
      ([at, value]) =>
        markup`<circle class="hover" cx="${px(x, at)}" cy="${py(y, value)}" r="6"><title>${`${name} at ${number(at)}: ${number(value)}`}</title></circle>`,
    );
}

function lineTitle(name: string, line: Series["lines"][number]): string {
  const last = line.points.at(-1);
  const end = last === undefined ? "" : `, ${number(last[1])} at ${number(last[0])}`;
  return `${name}${line.label === "" ? "" : ` [${line.label}]`}${end}${oddText(line)}`;
}

/** What a line does not show: `, NaN at 120`. */
function oddText({ odd }: Series["lines"][number]): string {
  return odd === undefined ? "" : `, ${number(odd[1])} at ${number(odd[0])}`;
}

function legendEntry({ name, lines }: Series, i: number): Markup {
  const many = lines.length > 1 ? ` ×${lines.length}` : "";
  return markup`<li class="s${i}"><svg width="18" height="10" aria-hidden="true"><line class="line" x1="1" x2="17" y1="5" y2="5"/></svg>${name}${many}${lines.map(oddText)}</li>`;
}
