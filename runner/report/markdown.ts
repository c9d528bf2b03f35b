import { duration, moment, thousands } from "../ui/quantities.js";
import { OUTCOMES } from "../ui/narrate.js";
import { printable, printableLines } from "../ui/display-text.js";
import { cellText, type MetricTable } from "./metrics.js";
import { leftOutText, type ReportModel } from "./model.js";

/**
 * A run in a screen of GitHub-flavoured Markdown, for a CI job's summary or a pull request: how it went, what
 * failed, and the metrics with their intervals. Ends with a newline.
 */
export function renderMarkdown({ run, steps, tables, attachments }: ReportModel): string {
  const part = leftOutText(run);
  const counts = OUTCOMES.filter(outcome => run.counts[outcome] > 0);
  const blocks = [
    `## ${inline(run.pipeline)}: ${run.outcome}`,
    [
      `Run \`${run.id}\` of ${moment(run.started)} took ${duration(run.seconds)}`,
      ...counts.map(outcome => `${thousands(run.counts[outcome])} ${outcome}`),
    ].join(", ") + ".",
    ...(part === undefined ? [] : [inline(part)]),
    ...failures(run.steps),
    ...variations(steps),
    ...[...tables].reverse().map(metricTable),
    ...tables.flatMap(({ notices }) => notices.map(notice => `${inline(notice)}.`)),
    ...(tables.length > 0 ? ["Mean ± half-width of the 95 % t-interval over repeats."] : []),
    ...(attachments.leftOut.length > 0 ? [`Left out: ${attachments.leftOut.map(inline).join("; ")}.`] : []),
  ];
  return `${blocks.join("\n\n")}\n`;
}

const MOST_FAILURES = 20;

function failures(steps: ReportModel["run"]["steps"]): string[] {
  const failed = steps.filter(step => step.outcome === "failed");
  const blocks = failed.slice(0, MOST_FAILURES).map(({ id, error = "" }) => {
    const lines = printableLines(error);
    // A fence longer than any run of backticks in the log cannot be closed by it.
    const longest = Math.max(2, ...(error.match(/`+/g) ?? []).map(ticks => ticks.length));
    const fence = "`".repeat(longest + 1);
    return [`**${inline(id)}** failed:`, fence, ...lines, fence].join("\n");
  });
  const more = failed.length - blocks.length;
  return more > 0 ? [...blocks, `and ${thousands(more)} more failed.`] : blocks;
}

/** Results that another run of the same key did not give. */
function variations(steps: ReportModel["steps"]): string[] {
  return steps
    .flatMap(({ results }) => results)
    .flatMap(({ step, variation }) =>
      variation === undefined ? [] : [`**${inline(step.id)}** is ${inline(variation)}.`],
    )
    .slice(0, MOST_FAILURES);
}

function metricTable({ kind, metrics, rows }: MetricTable): string {
  const lines = rows.map(row => {
    const cells = metrics.map(metric => {
      const cell = row.cells.get(metric);
      if (cell === undefined) return "";
      const { n } = cell.estimate;
      return n > 1 ? `${cellText(cell)} (n=${n})` : cellText(cell);
    });
    return `| ${[inline(row.name), ...cells].join(" | ")} |`;
  });
  return [
    `| ${[inline(kind), ...metrics.map(inline)].join(" | ")} |`,
    `|---|${"---:|".repeat(metrics.length)}`,
    ...lines,
  ].join("\n");
}

/** Text of others inside a line or a cell: none of its marks means anything, and no link or mention is made of it. */
export function inline(text: string): string {
  return printable(text)
    .replace(/[\\`*_[\]>#|~]/g, "\\$&")
    .replace(/[&<@]/g, character => `&#${character.charCodeAt(0)};`)
    .replaceAll("://", ":&#47;/");
}
