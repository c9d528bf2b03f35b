import type { ListrRendererFactory, ListrTaskObject, ListrTaskWrapper } from "listr2";
import type { Output } from "./output.js";
import { truncate } from "./display-text.js";

/** A region at the foot of a terminal that is redrawn in place, with text above it that stays. */
export interface Live {
  /** The last line of the region. */
  status: string;
  /** Adds a line to the region. */
  begin(): LiveLine;
  /** Draws a last time, takes the region away and leaves what stands above it. */
  close(): Promise<void>;
}

export interface LiveLine {
  title: string;
  end(): void;
}

export interface LiveOptions {
  /** Calls `draw` now and then until the function that it returns is called. */
  readonly every: (draw: () => void) => () => void;
  /** Called before each drawing, to bring the lines up to date; gives new text for above the region. */
  readonly update: (live: Live) => readonly string[];
}

/**
 * Opens a region on `output` with `listr2`: a Listr task for the run with a sub-task for each line, and a
 * renderer of ours. Listr's own one draws every task at each change and ten times a second (20 s of CPU for
 * 200 tasks), listens for signals and takes the process's streams over; this one draws when `every` says so,
 * in one write, and touches `output` alone.
 */
export async function openLive(output: Output, { every, update }: LiveOptions): Promise<Live> {
  const { getRendererClass, Listr, Spinner } = await import("listr2");
  const spinner = new Spinner();
  let drawn = 0;
  let stop = (): void => undefined;

  const draw = (region: (width: number) => string[]): void => {
    const above = update(live).map(line => `${line}${TO_LINE_END}\n`);
    const lines = region(Math.max(10, (output.columns ?? 80) - 1)).map(line => `${line}${TO_LINE_END}\n`);
    output.write([drawn > 0 ? up(drawn) : "", ...above, ...lines, BELOW].join(""));
    drawn = lines.length;
  };

  class RegionRenderer {
    static readonly nonTTY = true;
    static readonly rendererOptions = {};
    static readonly rendererTaskOptions = {};
    constructor(private readonly tasks: Task[]) {}

    render(): void {
      stop = every(() => {
        spinner.spin();
        draw(width =>
          this.tasks.flatMap(run => [
            ...run.subtasks.map(task => truncate(`  ${spinner.fetch()} ${task.title ?? ""}`, width)),
            truncate(`  ${run.title ?? ""}`, width),
          ]),
        );
      });
    }

    end(): void {
      stop();
      draw(() => []);
    }
  }

  let done: Promise<unknown> = Promise.resolve();
  const end = deferred();
  const wrapper = await new Promise<Wrapper>((resolve, reject) => {
    const task = (_: unknown, self: Wrapper): Promise<void> => {
      self.task.subtasks = [];
      resolve(self);
      return end.promise;
    };
    const list = new Listr<unknown, typeof RegionRenderer>(
      { title: " ", task },
      { renderer: RegionRenderer, registerSignalListeners: false },
    );
    done = list.run();
    done.catch(reject);
  });

  const run = wrapper.task;
  const live: Live = {
    get status() {
      return run.title ?? "";
    },
    set status(text) {
      run.title$ = text;
    },
    begin() {
      const over = deferred();
      const list = wrapper.newListr({ title: " ", task: () => over.promise });
      // The run's renderer draws it.
      list.rendererClass = getRendererClass("silent");
      const line = list.tasks[0] as Task;
      run.subtasks.push(line);
      void list.run();
      return {
        get title() {
          return line.title ?? "";
        },
        set title(text) {
          line.title$ = text;
        },
        end() {
          run.subtasks = run.subtasks.filter(other => other !== line);
          over.resolve();
        },
      };
    },
    async close() {
      end.resolve();
      await done;
    },
  };
  return live;
}

type Wrapper = ListrTaskWrapper<unknown, ListrRendererFactory, ListrRendererFactory>;
type Task = ListrTaskObject<unknown>;

const CSI = `${String.fromCharCode(27)}[`;
/** Erases what an earlier, longer line left. */
const TO_LINE_END = `${CSI}K`;
const BELOW = `${CSI}J`;

function up(lines: number): string {
  return `${CSI}${lines}A\r`;
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>(settle => (resolve = settle));
  return { promise, resolve };
}
