import type { Expression, Fault, MetricRef, Span } from "./ast.js";

/** What an expression will be, known before anything has run: its kind, and the axes along which it has values. */
export interface Shape {
  readonly kind: "number" | "interval" | "truth";
  readonly axes: readonly string[];
}

/** The axes that a metric's values have, less those that its labels fix; undefined where the step is not known. */
export type AxesOf = (metric: MetricRef) => readonly string[] | undefined;

/**
 * The shape of an expression; what is wrong with it goes to `report`. Undefined where it cannot be known, because of a
 * mistake that was reported already.
 */
export function inferShape(
  expression: Expression,
  axesOf: AxesOf,
  report: (fault: Fault) => void,
): Shape | undefined {
  const infer = (e: Expression): Shape | undefined => inferShape(e, axesOf, report);
  /** Undefined, after a report, where it is of another kind. */
  const demand = (e: Expression, kinds: readonly Shape["kind"][]): Shape | undefined => {
    const shape = infer(e);
    if (shape === undefined || kinds.includes(shape.kind)) return shape;
    report({
      message: `this is ${KINDS[shape.kind]}, not ${KINDS[kinds[0] ?? "number"]}`,
      hint: HINTS[shape.kind],
      span: e.span,
    });
    return undefined;
  };
  const together = (
    a: Shape | undefined,
    b: Shape | undefined,
    kind: Shape["kind"],
    span: Span,
  ): Shape | undefined => {
    if (a === undefined || b === undefined) return undefined;
    const [wide, narrow] = a.axes.length >= b.axes.length ? [a.axes, b.axes] : [b.axes, a.axes];
    const odd = narrow.find(axis => !wide.includes(axis));
    if (odd === undefined) return { kind, axes: wide };
    report({
      message: `one side has values along ${list(a.axes)}, the other along ${list(b.axes)}: they cannot be paired`,
      hint: `reduce one of them first, such as \`mean(..., ${odd})\``,
      span,
    });
    return undefined;
  };

  switch (expression.type) {
    case "number":
      return { kind: "number", axes: [] };
    case "literal":
      return undefined;
    case "metric": {
      const axes = axesOf(expression.metric);
      return axes && { kind: "number", axes };
    }
    case "negate":
      return demand(expression.of, ["number"]);
    case "not":
      return demand(expression.of, ["truth"]);
    case "arithmetic": {
      const [left, right] = [demand(expression.left, ["number"]), demand(expression.right, ["number"])];
      return together(left, right, "number", expression.span);
    }
    case "logic": {
      const [left, right] = [demand(expression.left, ["truth"]), demand(expression.right, ["truth"])];
      return together(left, right, "truth", expression.span);
    }
    case "compare": {
      const shapes = expression.terms.map(term => demand(term, ["number", "interval"]));
      if (shapes.some((shape, i) => shape?.kind === "interval" && shapes[i + 1]?.kind === "interval")) {
        report({
          message: "two intervals are not compared",
          hint: "take the interval of the difference",
          span: expression.span,
        });
        return undefined;
      }
      return shapes.reduce((a, b) => together(a, b, "truth", expression.span), { kind: "truth", axes: [] });
    }
    case "call": {
      const { name, of, axes, span } = expression;
      const wanted = name === "all" || name === "any" ? "truth" : "number";
      const shape = demand(of, [wanted]);
      if (shape === undefined || name === "abs") return shape;
      const kind = name === "ci" ? "interval" : wanted;
      const odd = axes.find(axis => !shape.axes.includes(axis.name));
      if (odd !== undefined) {
        report({
          message: `there is no axis \`${odd.name}\` here`,
          hint: `it has ${list(shape.axes)}`,
          span: odd.span,
        });
        return undefined;
      }
      if (shape.axes.length === 0) {
        report({
          message: `this is one value: there is nothing for \`${name}\` to take together`,
          span: of.span,
        });
        return undefined;
      }
      if (axes.length === 0 && shape.axes.length > 1) {
        const hint = `such as \`${name}(..., ${shape.axes.join(", ")})\`, or one of them`;
        report({
          message: `this has values along ${list(shape.axes)}: name those to take together`,
          hint,
          span,
        });
        return undefined;
      }
      const gone = axes.length === 0 ? shape.axes : axes.map(axis => axis.name);
      return { kind, axes: shape.axes.filter(axis => !gone.includes(axis)) };
    }
  }
}

const KINDS = { number: "a number", interval: "an interval", truth: "true or false" } as const;
const HINTS = {
  number: "compare it with something: `... > 0`",
  interval: "an interval can only be compared: `ci(...) > 0` holds when all of it lies above 0",
  truth: undefined,
} as const;

function list(axes: readonly string[]): string {
  return axes.length === 0 ? "no axis" : axes.join(" and ");
}
