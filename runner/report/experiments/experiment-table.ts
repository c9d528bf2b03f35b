import type { Json } from "../../core/json.js";
import { number, withInterval } from "../../ui/quantities.js";
import { differingParams, type Experiment, type Measured } from "./experiments.js";

/** A column of the table of experiments. */
export interface ExperimentColumn {
  readonly name: string;
  readonly what: "step" | "label" | "param" | "metric" | "n" | "commit" | "date" | "run";
  /** For a reader; `""` where there is none. */
  readonly text: (experiment: Experiment) => string;
  /** In full, for sorting and for programs. */
  readonly value: (experiment: Experiment) => Json | undefined;
}

/** Steps, labels, params that differ, metrics, then where each comes from. Bounds that a step gave itself go with their metric. */
export function experimentColumns(
  experiments: readonly Experiment[],
  grouped: boolean,
): readonly ExperimentColumn[] {
  const axes = [...new Set(experiments.flatMap(({ labels }) => Object.keys(labels)))];
  const params = differingParams(experiments);
  const metrics = [...new Set(experiments.flatMap(({ metrics: measured }) => Object.keys(measured)))];
  const bounds = new Set(metrics.filter(name => boundOf(name, metrics)));
  const taken = new Set<string>(["step", "n", "commit", "date", "run"]);
  const unique = (name: string, prefix: string): string => {
    const chosen = taken.has(name) ? `${prefix}.${name}` : name;
    taken.add(chosen);
    return chosen;
  };
  const plain = (
    name: string,
    what: ExperimentColumn["what"],
    value: ExperimentColumn["value"],
  ): ExperimentColumn => ({
    ...{ name, what, value },
    text: experiment => textOf(value(experiment)),
  });
  return [
    plain("step", "step", ({ step }) => step),
    ...axes.map(axis => plain(unique(axis, "matrix"), "label", ({ labels }) => labels[axis])),
    ...params.map(param => plain(unique(param, "params"), "param", ({ params: values }) => values[param])),
    ...metrics
      .filter(name => !bounds.has(name))
      .map((name): ExperimentColumn => ({
        name: unique(name, "metrics"),
        what: "metric",
        text: ({ metrics: measured }) => metricText(name, measured),
        value: ({ metrics: measured }) => measured[name]?.mean,
      })),
    ...(grouped ? [plain("n", "n", ({ n }) => n)] : []),
    {
      ...plain("commit", "commit", ({ revision }) => revision?.commit),
      text: ({ revision }) =>
        revision === undefined ? "" : `${revision.commit.slice(0, 7)}${revision.dirty ? "+" : ""}`,
    },
    { ...plain("date", "date", ({ date }) => date), text: ({ date }) => date.slice(0, 16).replace("T", " ") },
    plain("run", "run", ({ run }) => run),
  ];
}

/** `accuracy.low` beside `accuracy`. */
function boundOf(name: string, metrics: readonly string[]): boolean {
  const [, of] = /^(.+)\.(?:low|high)$/.exec(name) ?? [];
  return (
    of !== undefined &&
    metrics.includes(of) &&
    metrics.includes(`${of}.low`) &&
    metrics.includes(`${of}.high`)
  );
}

function metricText(name: string, measured: Readonly<Record<string, Measured>>): string {
  const { [name]: own, [`${name}.low`]: low, [`${name}.high`]: high } = measured;
  if (own === undefined) return "";
  if (own.n === 1 && low !== undefined && high !== undefined)
    return `${number(own.mean)} [${number(low.mean)}, ${number(high.mean)}]`;
  return withInterval(own.mean, own.half);
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** All columns in full, by RFC 4180; of metrics taken together also `.sd`, `.low`, `.high` and `.n`. */
export function experimentCsv(experiments: readonly Experiment[], grouped: boolean): string {
  const columns = experimentColumns(experiments, grouped).flatMap(
    (column): readonly Pick<ExperimentColumn, "name" | "value">[] => {
      if (column.what !== "metric" || !grouped) return [column];
      const name = column.name.replace(/^metrics\./, "");
      const of = (part: string, value: (measured: Measured) => number | null) => ({
        name: `${column.name}.${part}`,
        value: ({ metrics }: Experiment) => (metrics[name] === undefined ? undefined : value(metrics[name])),
      });
      return [
        column,
        of("sd", ({ sd }) => sd),
        of("low", ({ mean, half }) => (half === null ? null : mean - half)),
        of("high", ({ mean, half }) => (half === null ? null : mean + half)),
        of("n", ({ n }) => n),
      ];
    },
  );
  const cell = (value: Json | undefined): string => {
    const text =
      value === undefined || value === null
        ? ""
        : typeof value === "object"
          ? JSON.stringify(value)
          : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [
    columns.map(({ name }) => cell(name)),
    ...experiments.map(one => columns.map(({ value }) => cell(value(one)))),
  ];
  return `${lines.map(line => line.join(",")).join("\n")}\n`;
}

export function experimentMarkdown(experiments: readonly Experiment[], grouped: boolean): string {
  const columns = experimentColumns(experiments, grouped);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(cell => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ name }) => name)),
    line(columns.map(({ what }) => (what === "metric" || what === "n" ? "--:" : "---"))),
    ...experiments.map(one => line(columns.map(({ text }) => text(one)))),
  ].join("\n");
}

/** As JSON: every metric by itself, intervals where results were taken together. */
export function experimentJson(experiments: readonly Experiment[], grouped: boolean): readonly object[] {
  return experiments.map(({ metrics, revision, n, keys, ...rest }) => ({
    ...rest,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, { mean, sd, half, n: count }]) => [
        name,
        grouped
          ? {
              mean,
              sd,
              low: half === null ? null : mean - half,
              high: half === null ? null : mean + half,
              n: count,
            }
          : mean,
      ]),
    ),
    ...(grouped ? { n, keys } : { key: keys[0] ?? null }),
    commit: revision?.commit ?? null,
    dirty: revision?.dirty ?? null,
  }));
}
