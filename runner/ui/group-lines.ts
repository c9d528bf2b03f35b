/**
 * What the live display says at a moment, as text: pure, so that it can be tested without a terminal.
 */
import { cachedText, metricsText, progressText } from "./narrate.js";
import { duration, percent, thousands } from "./quantities.js";
import { ended, type Group, type Instance, type Progress, timeLeft } from "./progress.js";
import { type Colors, padEnd, printable } from "./display-text.js";

/** Steps under way, one line each, the names aligned; `now` in milliseconds. */
export function runningLines(groups: readonly Group[], now: number, colors: Colors): string[] {
  const names = groups.map(group => {
    const count = group.total > 1 ? ` ${ended(group)}/${group.total}` : "";
    return { step: printable(group.step), count };
  });
  const width = names.reduce((widest, { step, count }) => Math.max(widest, step.length + count.length), 0);
  return groups.map((group, i) => {
    const { step = "", count = "" } = names[i] ?? {};
    const name = padEnd(`${colors.bold(step)}${colors.dim(count)}`, Math.min(width, 40));
    return `${name}  ${instancesText([...group.running.values()], now, colors)}`.trimEnd();
  });
}

/** `quickstart  5/17 steps  2 running  3 cached  1m20s`. */
export function statusLine(progress: Progress, now: number, hidden: number, colors: Colors): string {
  const { counts } = progress;
  const finished = counts.ran + counts.cached + counts.failed + counts.skipped + counts.cancelled;
  let running = 0;
  let waiting = 0;
  for (const group of progress.active)
    for (const instance of group.running.values()) {
      if (instance.waiting) waiting++;
      else running++;
    }
  const parts = [
    colors.bold(printable(progress.pipeline)),
    `${thousands(finished)}/${thousands(progress.total)} steps`,
    ...(running > 0 ? [`${thousands(running)} running`] : []),
    ...(waiting > 0 ? [`${thousands(waiting)} waiting for another run`] : []),
    ...(hidden > 0 ? [`${thousands(hidden)} not shown`] : []),
    ...(counts.cached > 0 ? [cachedText(counts.cached)] : []),
    ...(counts.failed > 0 ? [colors.red(`${thousands(counts.failed)} failed`)] : []),
    ...(counts.skipped > 0 ? [`${thousands(counts.skipped)} skipped`] : []),
    duration((now - progress.started) / 1000),
  ];
  return parts.join("  ");
}

/** A step all of whose instances have ended: `✔ encoder  3 ran  1m12s  loss 0.83 to 0.91`. */
export function finishedLine(group: Group, colors: Colors): string {
  const { ran, cached, failed, skipped, cancelled } = group.counts;
  const name = printable(group.step);
  const head =
    failed > 0
      ? colors.red(`✖ ${name}`)
      : ran > 0
        ? `${colors.green("✔")} ${name}`
        : colors.dim(`${cached > 0 ? "=" : "-"} ${name}`);
  const all: [number, string][] = [
    [ran, "ran"],
    [cached, "cached"],
    [failed, "failed"],
    [skipped, "skipped"],
    [cancelled, "cancelled"],
  ];
  const some = all.filter(([n]) => n > 0).map(([n, what]) => `${thousands(n)} ${what}`);
  const plain = ran === 1 && some.length === 1;
  const parts = [
    head,
    ...(plain ? [] : [some.join(", ")]),
    ...(ran > 0 ? [duration(group.seconds)] : []),
    metricsText(group.metrics),
  ];
  return parts.filter(part => part !== "").join("  ");
}

/** One instance in full; of several, each one's share and the longest time left. */
function instancesText(instances: readonly Instance[], now: number, colors: Colors): string {
  const [first] = instances;
  if (first === undefined) return "";
  if (instances.length === 1) {
    const progress = progressText(first);
    const text = progress === "" ? duration((now - first.started) / 1000) : progress;
    const again = first.attempt > 1 ? colors.yellow(`  attempt ${first.attempt}`) : "";
    return `${label(first, colors)}${text}${again}`;
  }
  const shown = instances.slice(0, SHOWN).map(instance => {
    if (instance.waiting) return `${label(instance, colors)}waits for another run`;
    const unknown = instance.total <= 0;
    const share = unknown
      ? duration((now - instance.started) / 1000)
      : percent(instance.done / instance.total);
    const metric = metricsText([...instance.metrics].slice(0, 1));
    return `${label(instance, colors)}${share}${metric === "" ? "" : ` ${metric}`}`;
  });
  if (instances.length > SHOWN) shown.push(`+${instances.length - SHOWN} more`);
  const left = instances.map(timeLeft);
  if (left.every(seconds => seconds !== null)) shown.push(`${duration(Math.max(...left))} left`);
  return shown.join("  ");
}

/** Instances of one step that are listed one by one. */
const SHOWN = 4;

function label(instance: Instance, colors: Colors): string {
  return instance.label === "" ? "" : `${colors.cyan(printable(instance.label))}  `;
}
