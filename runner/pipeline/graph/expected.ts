import type { Expectation } from "../../claims/expectation.js";
import type { MetricRef } from "../../claims/language/ast.js";
import { inferShape, type Shape } from "../../claims/language/infer.js";
import type { JsonPath } from "../../core/json.js";
import { tellFault } from "../steps/expectations.js";
import type { Place } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { alternatives, code } from "../mistakes/wording.js";
import type { GraphNode, SkippedNode } from "./graph.js";

/**
 * Holds expectations against the graph before anything runs: that their steps and labels exist, that there is one
 * value where one is expected, that what is compared can be. Metrics are not known yet: nothing declares them.
 */
export function checkExpectations(
  expectations: readonly Expectation[],
  nodes: readonly Pick<GraphNode | SkippedNode, "step" | "labels" | "open">[],
  problems: Problems,
): void {
  const steps = new Map<string, Axes>();
  for (const { step, labels, open } of nodes) {
    let axes = steps.get(step);
    if (axes === undefined) steps.set(step, (axes = new Map<string, Set<string | typeof ANY>>()));
    for (const [axis, label] of Object.entries(labels)) {
      const known = axes.get(axis) ?? new Set<string | typeof ANY>();
      axes.set(axis, known.add(open?.axes.includes(axis) === true ? ANY : String(label)));
    }
  }
  for (const expectation of expectations) new Checker(expectation, steps, problems).check();
}

/** Axes of a step, each with its labels as they are written; `ANY` where they are not known yet. */
type Axes = Map<string, Set<string | typeof ANY>>;
const ANY = Symbol("any label");

class Checker {
  constructor(
    private readonly expectation: Expectation,
    private readonly steps: ReadonlyMap<string, Axes>,
    private readonly problems: Problems,
  ) {}

  check(): void {
    const { expectation } = this;
    switch (expectation.type) {
      case "metric":
        this.#metric(expectation);
        break;
      case "claim": {
        const shape = this.#shape(expectation, "that");
        const hint = "compare it with something, such as `... > 0`";
        if (shape !== undefined && shape.kind !== "truth")
          this.#tell(["that"], "a claim must be true or false", hint);
        break;
      }
      case "test":
        this.#test(expectation);
    }
  }

  #metric({ metric, over, tolerance }: Extract<Expectation, { type: "metric" }>): void {
    const axes = this.#axesOf(metric, ["metric"]);
    if (axes === undefined) return;
    const unknown = over.findIndex(axis => !axes.includes(axis));
    if (unknown >= 0) {
      const name = over[unknown] ?? "";
      const hint =
        this.problems.suggest(name, axes) ??
        (axes.length === 0 ? "it has one value: leave `over` out" : `it has ${alternatives(axes, "and")}`);
      this.problems.add(
        "unknown-axis",
        `${code(metric.source)} has no axis ${code(name)}`,
        this.#at("over", unknown),
        {
          hint,
        },
      );
      return;
    }
    const left = axes.filter(axis => !over.includes(axis));
    if (left.length > 0) {
      this.problems.add(
        "ambiguous-metric",
        `${code(metric.source)} has several values, along ${alternatives(left, "and")}`,
        this.#at("metric"),
        {
          hint: `take their mean with \`over: [${left.join(", ")}]\`, or name one: ${code(this.#example(metric, left))}`,
        },
      );
    } else if (tolerance.unit === "se" && over.length === 0) {
      this.#tell(["tolerance"], "one value has no standard error", "give `over`, or another tolerance");
    }
  }

  #test(expectation: Extract<Expectation, { type: "test" }>): void {
    const shape = this.#shape(expectation, "of");
    if (shape !== undefined && shape.kind !== "number")
      this.#tell(["of"], "a test needs numbers, one a repeat");
    if (shape?.kind !== "number") return;
    const { test, along } = expectation;
    const repeats = shape.axes.filter(axis => test !== "trend" || axis !== along);
    if (test === "trend" && !shape.axes.includes(along)) {
      this.problems.add("unknown-axis", `there is no axis ${code(along)} here`, this.#at("along"), {
        hint: this.problems.suggest(along, shape.axes),
      });
    } else if (repeats.length > 1) {
      const hint = `take the mean over all but the one whose values are independent, such as \`mean(..., ${repeats.at(-1) ?? ""})\``;
      this.#tell(
        ["of"],
        `values along ${alternatives(repeats, "and")} are not independent of each other`,
        hint,
      );
    } else if (repeats.length === 0 && test !== "trend") {
      this.#tell(["of"], "this is one value: a test needs repeats", "leave out what takes them together");
    }
  }

  #shape(expectation: Exclude<Expectation, { type: "metric" }>, key: string): Shape | undefined {
    return inferShape(
      expectation.expression,
      metric => this.#axesOf(metric, [key]),
      fault => tellFault(fault, [...expectation.at, key], this.problems),
    );
  }

  /** The axes of a metric that its labels leave open; undefined, and told, where there is no such step or label. */
  #axesOf(metric: MetricRef, key: JsonPath): readonly string[] | undefined {
    const path = [...this.expectation.at, ...key];
    const axes = this.steps.get(metric.step);
    if (axes === undefined) {
      const minus = [...this.steps.keys()].find(step => metric.step.startsWith(`${step}-`));
      const hint =
        this.problems.suggest(metric.step, this.steps.keys()) ??
        (minus === undefined ? undefined : "a minus sign needs blanks around it");
      const place = { path, within: metric.stepSpan };
      this.problems.add("unknown-step", `there is no step ${code(metric.step)}`, place, { hint });
      return undefined;
    }
    for (const { axis, label, span } of metric.labels) {
      const labels = axes.get(axis);
      if (labels?.has(label) === true || labels?.has(ANY) === true) continue;
      const [message, names] =
        labels === undefined
          ? [`${code(metric.step)} has no axis ${code(axis)}`, [...axes.keys()]]
          : [`there is no ${axis} ${code(label)}`, [...labels].filter(name => name !== ANY)];
      const near = this.problems.suggest(labels === undefined ? axis : label, names);
      const hint =
        near ?? (names.length === 0 ? "it has one instance" : `there are ${alternatives(names, "and")}`);
      this.problems.add("unknown-axis", message, { path, within: span }, { hint });
      return undefined;
    }
    return [...axes.keys()].filter(axis => !metric.labels.some(label => label.axis === axis));
  }

  /** The reference with the first value of each open axis. */
  #example({ step, labels, source }: MetricRef, open: readonly string[]): string {
    const axes = this.steps.get(step);
    const named = [
      ...labels.map(({ axis, label }) => `${axis}=${label}`),
      ...open.map(axis => `${axis}=${[...(axes?.get(axis) ?? [])].find(name => name !== ANY) ?? "..."}`),
    ];
    return `${step}[${named.join(",")}]${source.slice(source.indexOf(".", source.lastIndexOf("]") + 1))}`;
  }

  #tell(key: JsonPath, message: string, hint?: string): void {
    this.problems.add("bad-claim", message, this.#at(...key), { hint });
  }

  #at(...key: JsonPath): Place {
    return { path: [...this.expectation.at, ...key] };
  }
}
