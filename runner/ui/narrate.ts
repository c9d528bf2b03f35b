/**
 * The sentences that the terminal reporters share: how a step's progress, its end, its failure and the run's
 * end are put. Each gives plain or coloured text without a newline; text of others is made printable.
 */
import type { RunEnd, StepEnd } from "../core/event.js";
import type { Outcome } from "../core/record.js";
import { counted, duration, number, percent, thousands } from "./quantities.js";
import { type Instance, timeLeft } from "./progress.js";
import { type Colors, printable, printableLines } from "./display-text.js";

/** `37 %  412/s  1m10s left  loss 0.83  step 10`; parts that are not known are left out. */
export function progressText(instance: Instance): string {
  const parts: string[] = [];
  if (instance.total > 0) parts.push(percent(instance.done / instance.total));
  else if (instance.done > 0) parts.push(number(instance.done));
  if (instance.rate !== null && instance.rate > 0) parts.push(`${number(instance.rate, 3)}/s`);
  const left = timeLeft(instance);
  if (left !== null && left > 0) parts.push(`${duration(left)} left`);
  const note = printable(instance.note).trim();
  if (note !== "") parts.push(note);
  if (instance.metrics.size > 0) parts.push(metricsText(instance.metrics, 3));
  if (instance.step !== null) parts.push(`step ${number(instance.step)}`);
  return parts.join("  ");
}

/** `accuracy 0.8123  loss 0.41`, the first few; a pair of values is a range over instances. */
export function metricsText(
  metrics: Iterable<readonly [name: string, value: number | readonly [min: number, max: number]]>,
  most = 4,
): string {
  const parts: string[] = [];
  let more = 0;
  for (const [name, value] of metrics) {
    if (parts.length === most) more++;
    else parts.push(`${printable(name)} ${typeof value === "number" ? number(value) : rangeText(...value)}`);
  }
  if (more > 0) parts.push(`+${more} more`);
  return parts.join("  ");
}

/** A step's end: one line, or a failure in full. `most`: lines of its error and log that are shown. */
export function endLines(event: StepEnd, colors: Colors, most = Infinity): string[] {
  if (event.outcome === "failed") return failureLines(event, colors, most);
  const id = printable(event.id);
  if (event.outcome !== "ran")
    return [colors.dim(`= ${id}  ${event.outcome}  ${printable(event.reason)}`), ...keptLines(event, colors)];
  const metrics = metricsText(Object.entries(event.metrics));
  return [`${colors.green("✔")} ${id}  ${duration(event.seconds)}${metrics === "" ? "" : `  ${metrics}`}`];
}

/** `attempt 1 failed, trying again: exit code 1`; `attempt` is the one that failed. */
export function retryText(attempt: number, error: string): string {
  const first = printable(error.split("\n", 1)[0] ?? "");
  return `attempt ${attempt} failed, trying again${first === "" ? "" : `: ${first}`}`;
}

/** A failure's headline, then the error and the tail of its log, indented, then where the whole log lies. */
export function failureLines(event: StepEnd, colors: Colors, most = Infinity): string[] {
  const lines = [`${colors.red(`✖ ${printable(event.id)}`)}  failed after ${duration(event.seconds)}`];
  const errorLines = event.error === undefined ? [] : printableLines(event.error);
  // The first line is the message; of the log below it the end says most.
  const shown =
    errorLines.length <= most ? errorLines : [...errorLines.slice(0, 1), "…", ...errorLines.slice(2 - most)];
  for (const line of shown) lines.push(`    ${line}`.trimEnd());
  lines.push(...keptLines(event, colors));
  if (event.log !== undefined) lines.push(colors.dim(`    log: ${printable(event.log)}`));
  return lines;
}

/** Where a failed attempt's folder lies, and what ran there; further lines of a script stand as they are, to be copied. */
function keptLines({ work, command }: StepEnd, colors: Colors): string[] {
  const lines = work === undefined ? [] : [colors.dim(`    work folder: ${printable(work)}`)];
  if (command === undefined) return lines;
  const [first = "", ...more] = printableLines(command);
  return [...lines, colors.dim(`    command: ${first}`), ...more.map(line => colors.dim(line))];
}

/** `done: 12 ran, 5 cached in 1m20s`; what did not happen is not counted. */
export function summaryText(end: RunEnd, colors: Colors): string {
  const counts = OUTCOMES.filter(outcome => end[outcome] > 0).map(
    outcome => `${thousands(end[outcome])} ${outcome}`,
  );
  const head =
    end.outcome === "done"
      ? colors.green("done")
      : end.outcome === "failed"
        ? colors.red("failed")
        : colors.yellow("interrupted");
  const what = counts.length === 0 ? "nothing to do" : counts.join(", ");
  return `${head}: ${what} in ${duration(end.seconds)}`;
}

/** `1,000 cached`, with the word in the singular and plural alike. */
export function cachedText(n: number): string {
  return `${thousands(n)} cached`;
}

/** `run 20261123-061019-3f9a of quickstart, 17 steps`. */
export function startText(pipeline: string, run: string, total: number): string {
  return `${printable(pipeline)}: ${counted(total, "step")}, run ${printable(run)}`;
}

/** In the order in which they are listed. */
export const OUTCOMES: readonly Outcome[] = ["ran", "cached", "failed", "skipped", "cancelled"];

function rangeText(min: number, max: number): string {
  const [low, high] = [number(min), number(max)];
  return low === high ? low : `${low} to ${high}`;
}
