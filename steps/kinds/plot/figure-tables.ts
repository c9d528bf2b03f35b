import type { PlotOptions } from "./plot-options.js";
import type { Point } from "./points.js";

/** The numbers of the figure, for a page. */
export function markdownTable(
  { along, metric, level }: Pick<PlotOptions, "along" | "metric" | "level">,
  points: readonly Point[],
  lines: readonly Point[],
): string {
  const rows = [...points, ...lines].map(
    ({ at, mean, low, high, values }) =>
      `| ${cell(String(at))} | ${number(mean)} | ${low === null || high === null ? "" : `${number(low)} to ${number(high)}`} | ${values.length} |`,
  );
  const head = [
    `| ${cell(along)} | ${cell(metric)} | ${level * 100} % interval | n |`,
    "| --- | --- | --- | --- |",
  ];
  return [...head, ...rows, ""].join("\n");
}

/** One line a report, in full precision. */
export function csvTable(points: readonly Point[], lines: readonly Point[]): string {
  const rows = [...points, ...lines].flatMap(({ at, values }) =>
    values.map((value, i) => `"${String(at).replaceAll('"', '""')}",${i},${value}`),
  );
  return ["at,repeat,value", ...rows, ""].join("\n");
}

export function number(value: number): string {
  return value.toFixed(4);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
