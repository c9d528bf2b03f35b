import { resolve } from "node:path";
import type { Fault } from "../../claims/language/ast.js";
import { isTrue } from "../../claims/language/condition.js";
import { metricsOf } from "../../claims/language/metrics-of.js";
import { parseExpression } from "../../claims/language/parse.js";
import { UsageError } from "../../core/diagnostic.js";
import { nearest } from "../../core/nearest.js";
import { projectOf } from "../../core/project-folder.js";
import type { RunRecord } from "../../core/record.js";
import { isRepeat } from "../../report/metrics.js";
import {
  type ExperimentColumn,
  experimentColumns,
  experimentCsv,
  experimentJson,
  experimentMarkdown,
} from "../../report/experiments/experiment-table.js";
import { type Experiment, experimentsOf } from "../../report/experiments/experiments.js";
import { alternatives, code } from "../../pipeline/mistakes/wording.js";
import { colors, printable } from "../../ui/display-text.js";
import { table } from "../../ui/table.js";
import { openStore } from "../../workflow/open-store.js";
import { recordOf } from "../../workflow/run-results.js";
import { commitsOf } from "../call/commits.js";
import { DONE } from "../call/exit.js";
import { instanceSelector } from "../call/instance-selector.js";
import { pastRuns, refuseUnknownPipeline } from "../call/named-runs.js";
import { print, printJson, splitTarget, type Session } from "../call/session.js";

export interface TableOptions {
  readonly runs?: string;
  readonly rev?: string;
  readonly group?: readonly string[];
  readonly sort?: readonly string[];
  readonly best?: string;
  readonly where?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly md?: boolean;
}

/** `vistas table [STEP...]`: what came out across the remembered runs of a pipeline, an instance a row. */
export function tableCommand(session: Session, args: string[], options: TableOptions): Promise<number> {
  const { pipeline, steps } = splitTarget(session, args);
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  let runs = [...pastRuns(session, store, pipeline)];
  if (options.rev !== undefined) {
    const commits = commitsOf(options.rev, projectOf(resolve(session.cwd, pipeline)), session.env);
    runs = runs.filter(({ revision }) => revision !== undefined && commits.has(revision.commit));
  }
  if (options.runs !== undefined) runs = runs.slice(0, countOf(options.runs));
  const group = options.group ?? [];
  const experiments = experimentsOf(runs, {
    selects: steps.length === 0 ? () => true : instanceSelector(runs, steps),
    group: group.flatMap(axis => (axis === "repeats" ? repeatsOf(runs) : [axis])),
    recordOf: step => recordOf(store, step),
  });
  refuseUnknownAxes(runs, group);
  const chosen = choose(experiments, options);
  const grouped = group.length > 0;
  if (options.json === true) printJson(session, experimentJson(chosen, grouped));
  else if (options.csv === true) print(session, experimentCsv(chosen, grouped));
  else if (chosen.length === 0) print(session, runs.length === 0 ? "no runs yet" : "no results with metrics");
  else if (options.md === true) print(session, experimentMarkdown(chosen, grouped));
  else print(session, terminalTable(session, chosen, grouped));
  return Promise.resolve(DONE);
}

/** Metrics that do not fit the terminal are counted; `--csv` has all. */
function terminalTable(
  { stdout, stdoutColor }: Session,
  experiments: readonly Experiment[],
  grouped: boolean,
): string {
  const columns = experimentColumns(experiments, grouped);
  const cells = new Map(columns.map(column => [column, experiments.map(one => printable(column.text(one)))]));
  const widthOf = (column: ExperimentColumn): number =>
    2 + Math.max(column.name.length, ...(cells.get(column) ?? []).map(cell => cell.length));
  let room = (stdout.columns ?? Infinity) - "+99 more".length;
  for (const column of columns) if (column.what !== "metric") room -= widthOf(column);
  let hidden = 0;
  const shown = columns.filter(column => {
    if (column.what !== "metric") return true;
    room -= widthOf(column);
    if (room >= 0 || hidden === columns.length) return true;
    hidden++;
    return false;
  });
  const head = shown.map(({ name, what }) => ({
    title: printable(name),
    ...(what === "metric" || what === "n" ? { align: "right" as const } : {}),
  }));
  const rows = experiments.map((_, i) => shown.map(column => cells.get(column)?.[i] ?? ""));
  const more =
    hidden === 0
      ? ""
      : `\n${hidden} more metric${hidden === 1 ? "" : "s"}: --csv, --json or a wider terminal`;
  return table(head, rows, { colors: colors(stdoutColor) }) + more;
}

function choose(
  experiments: readonly Experiment[],
  { sort = [], best, where }: TableOptions,
): readonly Experiment[] {
  const columns = experimentColumns(experiments, true);
  const named = (word: string, option: string): { column: ExperimentColumn; sign: number } => {
    const column = columnOf(word.replace(/^[-+]/, ""), columns, option);
    return { column, sign: word.startsWith("-") ? -1 : 1 };
  };
  let chosen = where === undefined ? [...experiments] : experiments.filter(filterOf(where, columns));
  for (const word of [...sort].reverse()) {
    const { column, sign } = named(word, "--sort");
    chosen.sort((a, b) => compared(column.value(a), column.value(b), sign));
  }
  if (best === undefined || experiments.length === 0) return chosen;
  const { column, sign } = named(best, "--best");
  chosen = chosen.filter(one => Number.isFinite(column.value(one)));
  const top = chosen.reduce((most, one) => Math.max(most, sign * Number(column.value(one))), -Infinity);
  return chosen.filter(one => sign * Number(column.value(one)) === top);
}

/** `probe.accuracy > 0.85 and sigma < 1`. A row that has no value for a column of it is left out. */
function filterOf(text: string, columns: readonly ExperimentColumn[]): (experiment: Experiment) => boolean {
  const fail = ({ message, hint, span }: Fault): never => {
    const pointer = `${text}\n${" ".repeat(span.start)}${"^".repeat(Math.max(1, span.end - span.start))}`;
    throw UsageError.ofCall(
      "bad-option",
      `--where: ${message}\n${pointer}`,
      hint ?? "for example: --where 'accuracy > 0.85 and sigma < 1'",
    );
  };
  const parsed = parseExpression(text, "filter");
  if ("fault" in parsed) return fail(parsed.fault);
  const known = new Map(
    metricsOf(parsed.expression).map(({ source }) => [source, columnOf(source, columns, "--where")]),
  );
  return experiment =>
    isTrue(
      parsed.expression,
      ({ source }) => {
        const value = known.get(source)?.value(experiment);
        return typeof value === "object" ? undefined : value;
      },
      fail,
    ) === true;
}

/** A column by its name, or by where it is from: `params.lr`, `matrix.seed`, `metrics.accuracy`. */
function columnOf(name: string, columns: readonly ExperimentColumn[], option: string): ExperimentColumn {
  const [, from, rest] = /^(params|matrix|metrics)\.(.+)$/.exec(name) ?? [];
  const what = { params: "param", matrix: "label", metrics: "metric" }[from ?? ""];
  const column =
    columns.find(one => one.name === name) ?? columns.find(one => one.name === rest && one.what === what);
  if (column !== undefined) return column;
  const names = columns.map(one => one.name);
  const near = nearest(name, names);
  const hint = near === undefined ? `there are ${alternatives(names, "and")}` : `did you mean ${code(near)}?`;
  throw UsageError.ofCall("bad-option", `${option}: there is no column ${code(name)}`, hint);
}

/** Numbers before texts; what has no value, or is no number, comes last either way. */
function compared(a: unknown, b: unknown, sign: number): number {
  const missing = (value: unknown): boolean => value === undefined || value === null || Number.isNaN(value);
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  const [x, y] = [String(a), String(b)];
  return sign * (x < y ? -1 : x > y ? 1 : 0);
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw UsageError.ofCall("bad-option", `--runs ${text} is no number of runs`, "for example: --runs 20");
}

function repeatsOf(runs: readonly RunRecord[]): readonly string[] {
  return axesOf(runs).filter(isRepeat);
}

function axesOf(runs: readonly RunRecord[]): readonly string[] {
  return [...new Set(runs.flatMap(({ steps }) => steps.flatMap(({ labels }) => Object.keys(labels))))];
}

function refuseUnknownAxes(runs: readonly RunRecord[], group: readonly string[]): void {
  const axes = axesOf(runs);
  const wrong = group.find(axis => axis !== "repeats" && !axes.includes(axis));
  if (wrong === undefined) return;
  const near = nearest(wrong, axes);
  const known = axes.length === 0 ? "no step has axes" : `there are ${alternatives(axes, "and")}`;
  const hint = near === undefined ? known : `did you mean ${code(near)}?`;
  throw UsageError.ofCall("unknown-axis", `--group: no step has the axis ${code(wrong)}`, hint);
}
