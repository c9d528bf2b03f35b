import type { RunEnd, RunEvent, StepEnd } from "../core/event.js";
import type { Outcome } from "../core/record.js";

/** How far a run is: what a live display shows, folded from the events. Times are milliseconds of event time. */
export interface Progress {
  readonly pipeline: string;
  readonly run: string;
  /** Step instances of the run. */
  readonly total: number;
  readonly started: number;
  /** Time of the latest event. */
  readonly latest: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Steps by name, in the order in which they were first heard of. */
  readonly groups: ReadonlyMap<string, Group>;
  /** The groups with an instance under way: a display looks at these alone. */
  readonly active: ReadonlySet<Group>;
  readonly end: RunEnd | undefined;
}

/** All instances of one step. */
export interface Group {
  readonly step: string;
  /** Instances of the step, where the graph is known; else those heard of. */
  readonly total: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Seconds of its instances, added up. */
  readonly seconds: number;
  readonly running: ReadonlyMap<string, Instance>;
  /** Least and greatest value of each metric over the instances that ran. */
  readonly metrics: ReadonlyMap<string, readonly [min: number, max: number]>;
}

/** A step instance under way. */
export interface Instance {
  readonly id: string;
  /** `seed=1`, or `""`. */
  readonly label: string;
  readonly attempt: number;
  readonly started: number;
  readonly done: number;
  /** 0: unknown. */
  readonly total: number;
  readonly note: string;
  /** What it has measured so far, and where on its curves it stands; null: not known. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly step: number | null;
  /** It has not started: another run is making the same. */
  readonly waiting: boolean;
  /** Units a second over the last 10 to 20 seconds; null until there is something to go by. */
  readonly rate: number | null;
}

/** Seconds that an instance still needs at its present rate; null: not known. */
export function timeLeft(instance: Instance): number | null {
  if (instance.rate === null || instance.rate <= 0 || instance.total <= 0) return null;
  return Math.max(0, instance.total - instance.done) / instance.rate;
}

/** Instances of a group that have ended, with any outcome. */
export function ended(group: Group): number {
  const { ran, cached, failed, skipped, cancelled } = group.counts;
  return ran + cached + failed + skipped + cancelled;
}

/** The progress and the function that folds an event into it. `expected`: instances by step, from the graph. */
export function trackProgress(expected: Map<string, number> = new Map<string, number>()): {
  readonly progress: Progress;
  readonly apply: (event: RunEvent) => void;
} {
  const groups = new Map<string, MutableGroup>();
  const active = new Set<MutableGroup>();
  const progress: Mutable<Progress> = {
    pipeline: "",
    run: "",
    total: 0,
    started: 0,
    latest: 0,
    counts: none(),
    groups,
    active,
    end: undefined,
  };

  const groupOf = (id: string): MutableGroup => {
    const step = stepOf(id);
    let group = groups.get(step);
    if (group === undefined) {
      const total = expected.get(step) ?? 0;
      group = { step, total, counts: none(), seconds: 0, running: new Map(), metrics: new Map() };
      groups.set(step, group);
    }
    return group;
  };

  const apply = (event: RunEvent): void => {
    const time = Date.parse(event.time);
    progress.latest = Math.max(progress.latest, time);
    switch (event.type) {
      case "run-start":
        Object.assign(progress, {
          pipeline: event.pipeline,
          run: event.run,
          total: event.total,
          started: time,
        });
        break;
      case "run-grow":
        progress.total = event.total;
        for (const [step, count] of Object.entries(event.instances)) {
          if (expected.has(step)) expected.set(step, count);
          const group = groups.get(step);
          if (group !== undefined && expected.has(step)) group.total = count;
        }
        break;
      case "step-start": {
        const group = groupOf(event.id);
        group.running.set(event.id, begin(event.id, event.attempt, time));
        group.total = Math.max(group.total, ended(group) + group.running.size);
        active.add(group);
        break;
      }
      case "step-progress": {
        const group = groupOf(event.id);
        if (event.waitsFor !== undefined) {
          group.running.set(event.id, { ...begin(event.id, 1, time), note: event.note, waiting: true });
          active.add(group);
          break;
        }
        const instance = group.running.get(event.id);
        if (instance !== undefined) advance(instance, event.done, event.total, event.note, time);
        break;
      }
      case "metrics": {
        const instance = groupOf(event.id).running.get(event.id);
        for (const [name, value] of Object.entries(event.metrics)) instance?.metrics.set(name, value);
        if (instance !== undefined) instance.step = event.step ?? instance.step;
        break;
      }
      case "step-end": {
        const group = groupOf(event.id);
        finish(group, event);
        progress.counts[event.outcome]++;
        if (group.running.size === 0) active.delete(group);
        break;
      }
      case "run-end":
        progress.end = event;
        break;
      case "step-retry":
      case "step-log":
      case "notice":
        break;
    }
  };
  return { progress, apply };
}

/** `encoder` of `encoder[seed=0]`. */
export function stepOf(id: string): string {
  const bracket = id.indexOf("[");
  return bracket < 0 ? id : id.slice(0, bracket);
}

/** `seed=0` of `encoder[seed=0]`. */
export function labelOf(id: string): string {
  const bracket = id.indexOf("[");
  return bracket < 0 ? "" : id.slice(bracket + 1, -1);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] } & { counts: Record<Outcome, number> };
type MutableGroup = Mutable<Omit<Group, "running" | "metrics">> & {
  running: Map<string, MutableInstance>;
  metrics: Map<string, readonly [number, number]>;
};

/** Progress at a moment, from which a rate is measured. */
interface Mark {
  readonly time: number;
  readonly done: number;
}
type MutableInstance = { -readonly [K in keyof Instance]: Instance[K] } & {
  metrics: Map<string, number>;
  from: Mark;
  next: Mark;
};

const WINDOW_MS = 10_000;

function begin(id: string, attempt: number, time: number): MutableInstance {
  const mark = { time, done: Number.NaN };
  return {
    id,
    label: labelOf(id),
    attempt,
    started: time,
    done: 0,
    total: 0,
    note: "",
    metrics: new Map(),
    step: null,
    waiting: false,
    rate: null,
    from: mark,
    next: mark,
  };
}

function advance(instance: MutableInstance, done: number, total: number, note: string, time: number): void {
  instance.done = done;
  instance.total = total;
  instance.note = note;
  // The first report may stand far along (a training that goes on from a checkpoint): rates count from there.
  if (Number.isNaN(instance.from.done) || done < instance.from.done) {
    instance.from = instance.next = { time, done };
    return;
  }
  if (time - instance.next.time >= WINDOW_MS) {
    instance.from = instance.next;
    instance.next = { time, done };
  }
  const elapsed = (time - instance.from.time) / 1000;
  if (elapsed > 0) instance.rate = (done - instance.from.done) / elapsed;
}

function finish(group: MutableGroup, event: StepEnd): void {
  group.running.delete(event.id);
  group.counts[event.outcome]++;
  group.total = Math.max(group.total, ended(group) + group.running.size);
  if (event.outcome !== "ran") return;
  group.seconds += event.seconds;
  for (const [name, value] of Object.entries(event.metrics)) {
    const [min, max] = group.metrics.get(name) ?? [value, value];
    group.metrics.set(name, [Math.min(min, value), Math.max(max, value)]);
  }
}

function none(): Record<Outcome, number> {
  return { ran: 0, cached: 0, failed: 0, skipped: 0, cancelled: 0 };
}
