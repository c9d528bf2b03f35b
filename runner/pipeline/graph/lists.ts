import type { AxisValue } from "../../core/labels.js";
import { isList, isObject, type Json } from "../../core/json.js";
import { instanceId } from "../../core/labels.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { code, show } from "../mistakes/wording.js";
import { type Grid, join, NO_AXES, pick } from "../steps/grid.js";
import { readValues } from "../steps/matrix.js";
import { extended, OPEN } from "../steps/open-axes.js";
import type { StepSpec } from "../steps/spec.js";
import type { ListLink } from "./links.js";

/** What outputs that hold lists say, as far as they are made, by `listName`. */
export type Lists = ReadonlyMap<string, ListContent>;
/** The JSON of an output, or why it is none. */
export type ListContent = { readonly value: Json } | { readonly fault: string };

export function listName(node: string, output: string): string {
  return `${node}.${output}`;
}

/**
 * The places of a step on its own axes: at each place of the steps that make its lists, the values of these. Where one
 * is not made yet, a single open value stands for them. Undefined after a mistake.
 */
export function ownGrid(
  step: StepSpec,
  links: readonly ListLink[],
  gridsOf: ReadonlyMap<string, Grid>,
  lists: Lists,
  problems: Problems,
): Grid | undefined {
  let grid = step.matrix ?? NO_AXES;
  for (const link of links) {
    const made = gridsOf.get(link.from.name);
    if (made === undefined) return undefined;
    const read = new Map<string, readonly AxisValue[] | undefined>();
    const axes = [...made.axes.keys()];
    grid = extended(join(grid, made), link.axis, place => {
      const node = instanceId(link.from.name, pick(place, axes));
      if (!read.has(node)) read.set(node, valuesIn(node, step, link, lists, problems));
      return read.get(node) ?? [];
    });
    if ([...read.values()].includes(undefined)) return undefined;
  }
  return grid;
}

function valuesIn(
  node: string,
  step: StepSpec,
  { axis, from, output, keys, written }: ListLink,
  lists: Lists,
  problems: Problems,
): readonly AxisValue[] | undefined {
  const content = lists.get(listName(node, output));
  if (content === undefined) return [OPEN];
  const place = valueAt("steps", step.name, "matrix", axis);
  const whose = node === from.name ? "" : ` of ${code(node)}`;
  const refuse = (why: string): void =>
    problems.add("bad-list", `${code(written)}${whose} ${why}`, place, {
      hint: 'an axis is made from a JSON list of texts or numbers, such as `["a", "b"]`',
    });
  if ("fault" in content) {
    refuse(content.fault);
    return undefined;
  }
  const value = keys.reduce<Json | undefined>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    content.value,
  );
  if (!isList(value)) {
    refuse(value === undefined ? "is not there" : `is ${show(value)}, and no list`);
    return undefined;
  }
  const site = { problems, document: problems.document, place, lead: `${written}: ` };
  return value.length === 0 ? [] : readValues(axis, value, site);
}
