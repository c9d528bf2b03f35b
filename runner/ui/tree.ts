import type { Clock } from "../core/clock.js";
import type { RunEvent, StepEnd } from "../core/event.js";
import type { Graph } from "../pipeline/graph/graph.js";
import { finishedLine, runningLines, statusLine } from "./group-lines.js";
import { type Live, type LiveLine, openLive } from "./live-region.js";
import { endLines, retryText, summaryText } from "./narrate.js";
import { flushed, type Output, type Reporter } from "./output.js";
import { ended, type Group, stepOf, trackProgress } from "./progress.js";
import { colors as makeColors, printable } from "./display-text.js";

export interface TreeOptions {
  readonly color: boolean;
  readonly verbose: boolean;
  readonly graph?: Graph;
  readonly clock: Pick<Clock, "now">;
  /** When to draw; default: four times a second. Tests draw by hand. */
  readonly every?: (draw: () => void) => () => void;
}

/**
 * A run on a terminal: a line for each step under way at the foot, redrawn in place; above it, for good, each
 * step as it finishes and each failure with the end of its log. Costs little per event: what is drawn is
 * bounded and drawn at a slow tick, and nothing is loaded until a step really starts.
 */
export function treeReporter(stderr: Output, options: TreeOptions): Reporter {
  const colors = makeColors(options.color);
  const expected = instancesByStep(options.graph);
  const { progress, apply } = trackProgress(expected);
  const lines = new Map<Group, LiveLine>();
  const finished = new Set<Group>();
  let above: string[] = [];
  let opening: Promise<Live> | undefined;

  const update = (live: Live): string[] => {
    const now = Math.max(progress.latest, options.clock.now().getTime());
    const room = Math.max(1, Math.min(MOST_LINES, (stderr.rows ?? 24) - 3));
    const shown = [...progress.active].slice(0, room);
    for (const [group, line] of lines) {
      if (shown.includes(group)) continue;
      line.end();
      lines.delete(group);
    }
    const texts = runningLines(shown, now, colors);
    for (const [i, group] of shown.entries()) {
      const line = lines.get(group) ?? live.begin();
      lines.set(group, line);
      line.title = texts[i] ?? "";
    }
    live.status = statusLine(progress, now, progress.active.size - shown.length, colors);
    return take();
  };
  const take = (): string[] => {
    const taken = above;
    above = [];
    return taken;
  };

  const finishGroup = (group: Group): void => {
    finished.add(group);
    const { ran, failed, skipped, cancelled } = group.counts;
    if (options.verbose) return;
    if (ran + failed + skipped + cancelled > 0) above.push(finishedLine(group, colors));
  };

  const onEnd = (event: StepEnd): void => {
    if (options.verbose || event.outcome === "failed" || event.work !== undefined)
      above.push(...endLines(event, colors, MOST_LOG_LINES));
    const group = progress.groups.get(stepOf(event.id));
    // Without the graph, nobody knows before the run's end which instance is a step's last.
    if (group !== undefined && expected.has(group.step) && ended(group) >= group.total) finishGroup(group);
  };

  const sink = (event: RunEvent): void => {
    apply(event);
    switch (event.type) {
      case "step-start":
        opening ??= openLive(stderr, { update, every: options.every ?? everyQuarterSecond });
        if (options.verbose) above.push(colors.dim(`> ${printable(event.id)}  ${printable(event.reason)}`));
        break;
      case "step-end":
        onEnd(event);
        break;
      case "step-log":
        if (options.verbose) above.push(colors.dim(`  ${printable(event.id)} | ${printable(event.line)}`));
        break;
      case "step-retry":
        above.push(colors.yellow(`! ${printable(event.id)}  ${retryText(event.attempt, event.error)}`));
        break;
      case "notice":
        above.push(colors.yellow(`! ${printable(event.message)}`));
        break;
      case "run-start":
      case "run-grow":
      case "step-progress":
      case "metrics":
      case "run-end":
        break;
    }
  };

  return {
    sink,
    async close() {
      for (const group of progress.groups.values()) if (!finished.has(group)) finishGroup(group);
      if (progress.end !== undefined) above.push(summaryText(progress.end, colors));
      if (opening !== undefined) await (await opening).close();
      for (const line of take()) stderr.write(`${line}\n`);
      await flushed(stderr);
    },
  };
}

/** Steps under way that are shown at once. */
const MOST_LINES = 12;
/** Of a failure's message and log; the whole log is on disk. */
const MOST_LOG_LINES = 20;

function everyQuarterSecond(draw: () => void): () => void {
  const timer = setInterval(draw, 250);
  // A display is no reason for the process to stay.
  timer.unref();
  return () => clearInterval(timer);
}

function instancesByStep(graph: Graph | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of graph?.nodes ?? []) counts.set(node.step, (counts.get(node.step) ?? 0) + 1);
  return counts;
}
