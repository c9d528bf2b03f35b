import { instanceId, type Labels } from "../core/labels.js";
import { nearest } from "../core/nearest.js";
import { oneResults, oneResultText } from "../core/one-result.js";
import type { Outcome } from "../core/record.js";
import type { MetricRef } from "./language/ast.js";
import type { Cell, Field } from "./language/field.js";
import { NotFinite, Unanswerable } from "./statistics/answer.js";

/** A step instance of the pipeline, and what a run made of it. */
export interface Measured {
  readonly step: string;
  readonly labels: Labels;
  /** `unselected`: the run was not asked for it. `left out`: a `when:` is false. */
  readonly outcome: Outcome | "unselected" | "left out";
  /** Of its result; instances of one key are one result. */
  readonly key: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** Why it has none although it wrote a file of them, or why it is left out. */
  readonly metricsFault?: string | undefined;
  /** The backend that it was computed on; `""` for steps that use none. */
  readonly engine: string;
}

/** The metrics of a run. What is not there, for whatever reason, is `Unanswerable`: no claim passes for want of data. */
export class Results {
  readonly #steps = new Map<string, Measured[]>();
  readonly #engines: ReadonlySet<string>;

  constructor(instances: Iterable<Measured>) {
    const engines = new Set<string>();
    for (const instance of instances) {
      const list = this.#steps.get(instance.step);
      if (list === undefined) this.#steps.set(instance.step, [instance]);
      else list.push(instance);
      if (instance.engine !== "") engines.add(instance.engine);
    }
    this.#engines = engines;
  }

  /** The values of a metric, one an instance that the labels fit. Throws `NotFinite` where one is not finite. */
  readonly lookup = ({ step, labels, metric, source }: MetricRef): Field<number> => {
    const all = this.#matching(step, labels);
    const found = all.filter(({ outcome }) => outcome !== "left out");
    const [left] = all;
    if (found.length === 0 && left !== undefined)
      throw new Unanswerable(`${instanceId(step, left.labels)} is left out: ${left.metricsFault ?? ""}`);
    if (found.length === 0) throw new Unanswerable(`no instance of the pipeline is meant by \`${source}\``);
    const fixed = new Set(labels.map(({ axis }) => axis));
    const cells = found.map((instance): Cell<number> => {
      const { labels, key } = instance;
      return { labels, value: valueOf(instance, metric), ...(key !== null && { from: [key] }) };
    });
    const odd = cells.find(({ value }) => !Number.isFinite(value));
    if (odd !== undefined)
      throw new NotFinite(
        `${instanceId(step, odd.labels)} has the metric ${metric}, but it is ${odd.value}`,
        cells.map(({ value }) => value),
      );
    return { axes: Object.keys(found[0]?.labels ?? {}).filter(axis => !fixed.has(axis)), cells };
  };

  /** What must be said of instances that a metric has values of and that are one result. */
  sameResults({ step, labels }: MetricRef): string[] {
    const instances = this.#matching(step, labels).map(({ labels: at, key }) => ({
      id: instanceId(step, at),
      key,
    }));
    return oneResults(instances).map(ids => oneResultText(ids));
  }

  /** What must be said of instances that a metric has no values of, because they are left out. */
  leftOut({ step, labels }: MetricRef): string[] {
    const all = this.#matching(step, labels);
    const ids = all
      .filter(({ outcome }) => outcome === "left out")
      .map(({ labels: at }) => instanceId(step, at));
    if (ids.length === 0 || ids.length === all.length) return [];
    const more = ids.length > 5 ? ` and ${ids.length - 5} more` : "";
    return [`left out by \`when\`: ${ids.slice(0, 5).join(", ")}${more}`];
  }

  /** The backend of a step, or, of one that computes nothing itself, that of the whole run; `""` if there are several. */
  engineOf({ step, labels }: MetricRef): string {
    const own = new Set(this.#matching(step, labels).map(({ engine }) => engine));
    own.delete("");
    const [first = "", second] = own.size > 0 ? own : this.#engines;
    return second === undefined ? first : "";
  }

  #matching(step: string, labels: MetricRef["labels"]): readonly Measured[] {
    return (this.#steps.get(step) ?? []).filter(instance =>
      labels.every(({ axis, label }) => String(instance.labels[axis]) === label),
    );
  }
}

function valueOf({ step, labels, outcome, metrics, metricsFault }: Measured, metric: string): number {
  const id = instanceId(step, labels);
  if (outcome === "unselected") throw new Unanswerable(`${id} was not part of the run`);
  if (outcome === "left out") throw new Unanswerable(`${id} is left out`);
  if (outcome !== "ran" && outcome !== "cached")
    throw new Unanswerable(`${id} has no result: ${WORDS[outcome]}`);
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  if (value === undefined && metricsFault !== undefined)
    throw new Unanswerable(`${id} has no metric ${metric}: ${metricsFault}`);
  if (value === undefined)
    throw new Unanswerable(`${id} has no metric ${metric}${hint(metric, Object.keys(metrics))}`);
  return value;
}

const WORDS = {
  failed: "it failed",
  skipped: "it was left out",
  cancelled: "it was stopped",
} as const;

function hint(metric: string, names: readonly string[]): string {
  const near = nearest(metric, names);
  if (near !== undefined) return `; did you mean ${near}?`;
  if (metric.includes("-")) return " (a minus sign needs blanks around it)";
  return names.length === 0 ? "; it has none" : `; it has ${names.slice(0, 12).join(", ")}`;
}
