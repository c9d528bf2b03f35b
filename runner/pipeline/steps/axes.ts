import { byCodeUnit } from "../../core/json.js";
import type { AxisValue } from "../../core/labels.js";
import { isMapping, isSequence, plainOf, type Written, wordOf } from "../../core/spelled.js";
import { bindValue, compileValue } from "../expressions/compile.js";
import type { Params } from "../expressions/params.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { readIn } from "../expressions/scope.js";
import { NO_BINDINGS, type Site } from "../expressions/template.js";
import { code, show } from "../mistakes/wording.js";

/** Values by axis, axes in code-unit order. */
export type Matrix = ReadonlyMap<string, readonly AxisValue[]>;

/**
 * `matrix:` -> values by axis, axes in code-unit order. Values may be expressions of params. Undefined after a mistake:
 * nobody knows then what instances there are.
 */
export function readMatrix(
  matrix: Written | undefined,
  step: string,
  params: Params,
  problems: Problems,
): Matrix | undefined {
  if (matrix === undefined) return NO_AXES;
  if (!isMapping(matrix)) return undefined;
  const read = readIn({ params, names: {}, where: "in `matrix:`" });
  const axes = Object.entries(matrix).map(([axis, written]) => {
    const place = valueAt("steps", step, "matrix", axis);
    const site: Site = { problems, document: problems.document, place };
    const compiled = compileValue(written, site, read);
    const values = compiled && bindValue(compiled, NO_BINDINGS);
    return [axis, values === undefined ? undefined : readAxis(axis, values, site)] as const;
  });
  if (axes.some(([, values]) => values === undefined)) return undefined;
  return new Map((axes as [string, AxisValue[]][]).sort(([a], [b]) => byCodeUnit(a, b)));
}

const NO_AXES: Matrix = new Map();

function readAxis(axis: string, values: Written, site: Site): readonly AxisValue[] | undefined {
  const bad = (message: string, hint?: string, item?: number): undefined => {
    // Of values that an expression gives, the nearest place is the expression.
    const place = item === undefined ? site.place : { path: [...site.place.path, item] };
    site.problems.add("bad-axis", message, place, { hint });
    return undefined;
  };
  if (!isSequence(values) || values.length === 0) {
    bad(`the axis ${code(axis)} must be a list of at least one value, not ${show(plainOf(values))}`);
    return;
  }
  const read: AxisValue[] = [];
  const texts = new Set<string>();
  /** Numbers, true and false: two spellings of one would be two names of one value. */
  const spelling = new Map<number | boolean, string>();
  for (const [i, item] of values.entries()) {
    const text = wordOf(item);
    if (text === undefined) {
      bad(
        `the axis ${code(axis)} holds ${show(plainOf(item))}; its values are texts, numbers, true or false`,
      );
      return;
    }
    // Instances are named `step[axis=value,...]`: the name must tell them apart, and be readable again.
    if (!/^[^\s,=[\]\p{Cc}]([^,=[\]\p{Cc}]*[^\s,=[\]\p{Cc}])?$/u.test(text)) {
      bad(
        `${show(plainOf(item))} cannot be a label`,
        "a label is not empty, neither begins nor ends with a blank, and has no `,`, `=`, `[`, `]` in it",
        i,
      );
      return;
    }
    if (texts.has(text)) {
      bad(`the axis ${code(axis)} holds ${code(text)} twice`);
      return;
    }
    texts.add(text);
    const value = plainOf(item);
    if (typeof value === "number" || typeof value === "boolean") {
      const other = spelling.get(value);
      if (other !== undefined) {
        const hint = "write them in quotes if they are texts";
        bad(`the axis ${code(axis)} holds one value twice: ${code(other)} and ${code(text)}`, hint);
        return;
      }
      spelling.set(value, text);
    }
    // Nothing is no value of an axis: `~` is text.
    read.push(value === null ? text : (item as AxisValue));
  }
  return read;
}
