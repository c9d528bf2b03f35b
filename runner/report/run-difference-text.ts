import { counted, moment, number } from "../ui/quantities.js";
import { table } from "../ui/table.js";
import { type Colors, colors, printable } from "../ui/display-text.js";
import type { Change, MetricChange, RunDiff, StepDiff } from "./run-difference.js";

/** A comparison of two runs for the terminal: parameters, then each step that differs. No trailing newline. */
export function renderDiff(
  diff: RunDiff,
  options: { readonly color: boolean; readonly stdout: { readonly columns?: number | undefined } },
): string {
  const paint = colors(options.color);
  const width = options.stdout.columns;
  const limits = { colors: paint, indent: 2, ...(width === undefined ? {} : { width }) };
  const changeTable = (changes: readonly Change[]): string =>
    table(["", "before", "after"], changes.map(changeRow), limits);
  const blocks: string[] = [
    diff.runs
      .map(
        (run, i) =>
          `${paint.dim(i === 0 ? "before" : "after ")}  ${run.id}  ${moment(run.started)}  ${run.outcome}`,
      )
      .join("\n"),
  ];
  if (diff.params.length > 0) blocks.push(`${paint.bold("params")}\n${changeTable(diff.params)}`);
  if (diff.environment.length > 0)
    blocks.push(`${paint.bold("environment")}\n${changeTable(diff.environment)}`);
  for (const step of diff.steps) {
    const parts = [stepHead(step, paint)];
    if (step.changes.length > 0) parts.push(changeTable(step.changes));
    if (step.metrics.length > 0)
      parts.push(
        table(
          ["metric", "before", "after", { title: "difference", align: "right" }],
          step.metrics.map(metricRow),
          limits,
        ),
      );
    blocks.push(parts.join("\n"));
  }
  blocks.push(
    diff.steps.length === 0
      ? "Every step has the same result."
      : `${counted(diff.same, "step")} with the same result.`,
  );
  return blocks.join("\n\n");
}

function stepHead({ id, leftOut, outcomes: [before, after], sameKey }: StepDiff, paint: Colors): string {
  const what =
    before === null
      ? `only after${leftOut ? ": the run before did not select it" : ""}`
      : after === null
        ? `only before${leftOut ? ": the run after did not select it" : ""}`
        : sameKey
          ? "same key, other metrics"
          : `${before} / ${after}`;
  return `${paint.bold(printable(id))}  ${paint.dim(what)}`;
}

function changeRow({ name, before, after }: Change): string[] {
  return [name, before ?? "–", after ?? "–"].map(text => printable(text));
}

function metricRow({ name, before, after }: MetricChange): string[] {
  const difference = before === null || after === null ? "" : after === before ? "=" : signed(after - before);
  return [
    printable(name),
    ...[before, after].map(value => (value === null ? "–" : number(value))),
    difference,
  ];
}

function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}
