import type { RunEvent } from "../core/event.js";
import {
  cachedText,
  endLines,
  failureLines,
  progressText,
  retryText,
  startText,
  summaryText,
} from "./narrate.js";
import { flushed, type Output, type Reporter } from "./output.js";
import { stepOf, trackProgress } from "./progress.js";
import { colors as makeColors, printable } from "./display-text.js";

/**
 * Plain lines for logs, CI and pipes: one at a step's start and end, progress each tenth of the way or each ten
 * seconds, cached steps as one number. A function of the events alone: it has no timer and reads no clock.
 */
export function plainReporter(
  stderr: Output,
  options: { readonly color: boolean; readonly verbose: boolean; readonly quiet: boolean },
): Reporter {
  const colors = makeColors(options.color);
  const { progress, apply } = trackProgress();
  const shown = new Map<string, Shown>();
  let cached = 0;

  const say = (...lines: string[]): void => {
    stderr.write(lines.map(line => `${line}\n`).join(""));
  };
  /** Cached steps are counted, and written before the next line about another. */
  const write = (...lines: string[]): void => {
    if (cached > 0) say(colors.dim(`= ${cachedText(cached)}`));
    cached = 0;
    say(...lines);
  };

  const showProgress = ({ id, time: text, done, total }: ProgressPoint): void => {
    const time = Date.parse(text);
    const last = shown.get(id);
    const tenth = total > 0 ? Math.floor((10 * done) / total) : 0;
    // The step's end shows the whole.
    if (last === undefined || tenth >= 10) return;
    if (tenth <= last.tenth && time - last.time < 10_000) return;
    shown.set(id, { time, tenth: Math.max(tenth, last.tenth) });
    const instance = progress.groups.get(stepOf(id))?.running.get(id);
    if (instance !== undefined) write(`  ${printable(id)}  ${progressText(instance)}`);
  };

  const loud = (event: RunEvent): void => {
    switch (event.type) {
      case "run-start":
        say(startText(event.pipeline, event.run, event.total));
        break;
      case "run-grow":
        break;
      case "step-start": {
        const again = event.attempt > 1 ? `attempt ${event.attempt}` : printable(event.reason);
        write(`> ${printable(event.id)}${again === "" ? "" : `  ${colors.dim(again)}`}`);
        shown.set(event.id, { time: Date.parse(event.time), tenth: 0 });
        break;
      }
      case "step-progress":
        if (event.waitsFor !== undefined) write(`  ${printable(event.id)}  ${printable(event.note)}`);
        else showProgress(event);
        break;
      case "metrics":
        showProgress({ ...event, done: 0, total: 0 });
        break;
      case "step-log":
        if (options.verbose) write(colors.dim(`  ${printable(event.id)} | ${printable(event.line)}`));
        break;
      case "step-retry":
        write(colors.yellow(`! ${printable(event.id)}  ${retryText(event.attempt, event.error)}`));
        break;
      case "step-end":
        shown.delete(event.id);
        write(...endLines(event, colors));
        break;
      case "notice":
        write(colors.yellow(`! ${printable(event.message)}`));
        break;
      case "run-end":
        write(summaryText(event, colors));
        break;
    }
  };

  return {
    sink: event => {
      if (options.quiet) {
        if (event.type === "step-end" && event.outcome === "failed") say(...failureLines(event, colors));
        return;
      }
      // A cached step costs an addition: there may be tens of thousands.
      if (event.type === "step-end" && event.outcome === "cached" && !options.verbose) {
        cached++;
        return;
      }
      apply(event);
      loud(event);
    },
    close: () => flushed(stderr),
  };
}

interface ProgressPoint {
  readonly id: string;
  readonly time: string;
  readonly done: number;
  readonly total: number;
}

/** When and how far a step's progress was last shown. */
interface Shown {
  readonly time: number;
  readonly tenth: number;
}
