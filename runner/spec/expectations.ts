import { isList, isObject, type Json } from "../core/json.js";
import { valueAt } from "./place.js";
import type { Problems } from "./problems.js";
import type { Expectation, StepSpec } from "./spec.js";
import { code } from "./wording.js";

/** `expect:` -> expectations. The schema has checked their form; here, that a metric's step exists. */
export function readExpectations(
  expect: Json | undefined,
  steps: ReadonlyMap<string, StepSpec>,
  problems: Problems,
): readonly Expectation[] {
  return (isList(expect) ? expect : []).flatMap((entry, i): Expectation[] => {
    if (!isObject(entry)) return [];
    const { metric, value, tolerance, claim, that, over, source } = entry;
    const shared = {
      over: isList(over) ? over.filter(axis => typeof axis === "string") : [],
      source: typeof source === "string" ? source : "",
      at: ["expect", i],
    };
    if (typeof claim === "string")
      return [{ type: "claim", claim, that: typeof that === "string" ? that : "", ...shared }];
    if (typeof metric !== "string" || typeof value !== "number") return [];
    const [step = ""] = metric.split(/[.[]/, 1);
    if (!steps.has(step)) {
      const hint = problems.suggest(step, steps.keys());
      problems.add("unknown-step", `there is no step ${code(step)}`, valueAt("expect", i, "metric"), {
        hint,
      });
    }
    return [
      { type: "metric", metric, value, tolerance: typeof tolerance === "number" ? tolerance : 0, ...shared },
    ];
  });
}
