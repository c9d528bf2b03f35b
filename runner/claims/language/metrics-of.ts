import type { Expression, MetricRef } from "./ast.js";

/** The metrics that an expression reads, in order. */
export function metricsOf(expression: Expression): readonly MetricRef[] {
  switch (expression.type) {
    case "number":
    case "literal":
      return [];
    case "metric":
      return [expression.metric];
    case "negate":
    case "not":
    case "call":
      return metricsOf(expression.of);
    case "arithmetic":
    case "logic":
      return [...metricsOf(expression.left), ...metricsOf(expression.right)];
    case "compare":
      return expression.terms.flatMap(metricsOf);
  }
}
