import type { Fault, MetricRef } from "../../../claims/language/ast.js";
import { isTrue, type Scalar } from "../../../claims/language/condition.js";
import type { Place } from "../../../core/labels.js";
import { isSpelled, plainOf, type Written } from "../../../core/spelled.js";
import type { Problems } from "../../document/problems.js";
import type { Params } from "../../expressions/params.js";
import { bindText } from "../../expressions/template.js";
import { alternatives, code, show } from "../../mistakes/wording.js";
import type { Condition, StepSpec } from "../../steps/spec.js";
import type { Grid } from "../../steps/grid.js";

/** Why an instance is left out, in words; undefined: it is not. */
export type LeavesOut = (place: Place) => string | undefined;

/** Reads `when:`. After a mistake, which is reported, nothing is left out. */
export function compileConditions(
  step: StepSpec,
  { axes }: Grid,
  params: Params,
  problems: Problems,
): LeavesOut {
  if (step.when.length === 0) return () => undefined;
  return place => {
    for (const condition of step.when) {
      const reader = new NameReader(condition, place, [...axes.keys()], params, problems);
      const value = isTrue(condition.expression, reader.read, reader.report);
      if (value === false) return `\`when\` is false: ${condition.text}`;
    }
    return undefined;
  };
}

class NameReader {
  constructor(
    private readonly condition: Condition,
    private readonly place: Place,
    private readonly axes: readonly string[],
    private readonly params: Params,
    private readonly problems: Problems,
  ) {}

  readonly read = (name: MetricRef): Scalar | undefined => {
    const { step: root, metric, labels, source, stepSpan } = name;
    const span = { start: stepSpan.start, end: stepSpan.start + source.length };
    const known = (root === "params" || root === "matrix") && labels.length === 0;
    if (!known) {
      const hint = "a condition reads `params.name` and `matrix.axis`";
      this.report({ message: `there is no ${code(source)} here`, hint, span });
      return undefined;
    }
    const value = root === "params" ? this.#param(name) : this.#label(metric, span);
    if (value === undefined) return undefined;
    const plain = plainOf(value);
    if (typeof plain === "string" || typeof plain === "number" || typeof plain === "boolean") return plain;
    // Of a label the spelling is the value: `~`.
    if (root === "matrix" && isSpelled(value)) return value.text;
    this.report({ message: `${code(source)} is ${show(plain)}, which cannot be compared`, span });
    return undefined;
  };

  readonly report = ({ message, hint, span }: Fault): void =>
    this.problems.addIn(
      this.condition.document,
      "bad-condition",
      message,
      { path: this.condition.at, within: span },
      { hint },
    );

  #param({ metric, source }: MetricRef): Written | undefined {
    const site = {
      problems: this.problems,
      document: this.condition.document,
      place: { path: this.condition.at },
    };
    const part = this.params.read({ root: "params", path: metric.split("."), source, index: 0 }, site);
    return part && bindText([part], { labels: this.place, env: new Map() }, site);
  }

  #label(axis: string, span: Fault["span"]): Written | undefined {
    const value = this.axes.includes(axis) ? this.place[axis] : undefined;
    if (value !== undefined) return value;
    const known =
      this.axes.length === 0 ? "the step has no axes" : `there is ${alternatives(this.axes, "and")}`;
    const hint = this.problems.suggest(axis, this.axes) ?? known;
    this.report({ message: `there is no ${code(`matrix.${axis}`)} here`, hint, span });
    return undefined;
  }
}
