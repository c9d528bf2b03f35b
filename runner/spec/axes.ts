import { byCodeUnit, isList, isObject, type Json } from "../core/json.js";
import type { Label } from "../core/labels.js";
import { bindValue, compileValue } from "./compile.js";
import type { Params } from "./params.js";
import { valueAt } from "./place.js";
import type { Problems } from "./problems.js";
import { readIn } from "./scope.js";
import { NO_BINDINGS, type Site } from "./template.js";
import { code, show } from "./wording.js";

/**
 * `matrix:` -> values by axis, axes in code-unit order. Values may be expressions of params. Undefined after a mistake:
 * nobody knows then what instances there are.
 */
export function readMatrix(
  matrix: Json | undefined,
  step: string,
  params: Params,
  problems: Problems,
): ReadonlyMap<string, readonly Label[]> | undefined {
  if (matrix === undefined) return NO_AXES;
  if (!isObject(matrix)) return undefined;
  const read = readIn({ params, names: {}, where: "in `matrix:`" });
  const axes = Object.entries(matrix).map(([axis, written]) => {
    const place = valueAt("steps", step, "matrix", axis);
    const site: Site = { problems, document: problems.document, place };
    const compiled = compileValue(written, site, read);
    const values = compiled && bindValue(compiled, NO_BINDINGS);
    return [axis, values === undefined ? undefined : readAxis(axis, values, site)] as const;
  });
  if (axes.some(([, values]) => values === undefined)) return undefined;
  return new Map((axes as [string, Label[]][]).sort(([a], [b]) => byCodeUnit(a, b)));
}

const NO_AXES: ReadonlyMap<string, readonly Label[]> = new Map();

function readAxis(axis: string, values: Json, site: Site): readonly Label[] | undefined {
  const bad = (message: string, hint?: string): undefined => {
    site.problems.add("bad-axis", message, site.place, { hint });
    return undefined;
  };
  if (!isList(values) || values.length === 0) {
    bad(`the axis ${code(axis)} must be a list of at least one value, not ${show(values)}`);
    return;
  }
  const seen = new Set<string>();
  for (const value of values) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      bad(`the axis ${code(axis)} holds ${show(value)}; its values are texts, numbers, true or false`);
      return;
    }
    const text = String(value);
    // Instances are named `step[axis=value,...]`: the name must tell them apart, and be readable again.
    if (!/^[^\s,=[\]\p{Cc}]([^,=[\]\p{Cc}]*[^\s,=[\]\p{Cc}])?$/u.test(text)) {
      bad(`${show(value)} cannot be a label`, "a label is not empty and has no `,`, `=`, `[`, `]` in it");
      return;
    }
    if (seen.has(text)) {
      bad(`the axis ${code(axis)} holds ${code(text)} twice`);
      return;
    }
    seen.add(text);
  }
  return values as readonly Label[];
}
