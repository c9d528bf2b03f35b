import { byCodeUnit } from "../../core/json.js";
import { type AxisValue, exactLabelText, type Place } from "../../core/labels.js";
import { isSpelled } from "../../core/spelled.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import type { StepSpec } from "../steps/spec.js";
import { alternatives, code, show } from "../mistakes/wording.js";
import type { Links } from "./links.js";

/** A step's axes with their values, in code-unit order of the axis. */
export type Axes = ReadonlyMap<string, readonly AxisValue[]>;

/**
 * Axes broadcast as named dimensions do: a step has those of its own matrix and of its inputs, less those it gathers.
 * The same axis from two sides must have the same values. A step of which that cannot be told, because of a
 * mistake in it or before it, is left out.
 */
export function spreadAxes(
  ordered: readonly StepSpec[],
  links: Links,
  problems: Problems,
): ReadonlyMap<string, Axes> {
  const axesOf = new Map<string, Axes>();
  for (const step of ordered) {
    const axes = axesOfStep(step, links, axesOf, problems);
    if (axes !== undefined) axesOf.set(step.name, axes);
  }
  return axesOf;
}

/** Every point on the axes, the last axis fastest. One empty point if there are none. */
export function points(axes: Axes): readonly Place[] {
  if (axes.size === 0) return ONE_POINT;
  let out: Place[] = [{}];
  for (const [axis, values] of axes) {
    out = out.flatMap(labels => values.map(value => ({ ...labels, [axis]: value })));
  }
  return out;
}

/** How many points there are, without making them. */
export function countPoints(axes: Axes): number {
  let count = 1;
  if (axes.size === 0) return count;
  for (const values of axes.values()) count *= values.length;
  return count;
}

interface Side {
  readonly values: readonly AxisValue[];
  /** In words: whose axis this is. */
  readonly owner: string;
}

function axesOfStep(
  step: StepSpec,
  links: Links,
  axesOf: ReadonlyMap<string, Axes>,
  problems: Problems,
): Axes | undefined {
  if (step.matrix === undefined) return undefined;
  const inputs = links.of.get(step.name) ?? [];
  if (
    step.matrix.size === 0 &&
    inputs.every(link => axesOf.get(link.from.name)?.size === 0) &&
    step.over.length === 0
  ) {
    return links.doubtful.has(step.name) ? undefined : NO_AXES;
  }
  const sides = new Map<string, Side>();
  for (const [axis, values] of step.matrix)
    sides.set(axis, { values, owner: `the matrix of ${code(step.name)}` });
  const inherited = new Set<string>();
  let sound = !links.doubtful.has(step.name);
  for (const { role, from } of inputs) {
    const axes = axesOf.get(from.name);
    if (axes === undefined) sound = false;
    for (const [axis, values] of axes ?? []) {
      inherited.add(axis);
      const side = { values, owner: `${code(from.name)} (input ${code(role)})` };
      const other = sides.get(axis);
      if (other === undefined) sides.set(axis, side);
      else if (!sameValues(other.values, values)) {
        sound = false;
        const message = `the axis ${code(axis)} is ${list(other)} and ${list(side)}`;
        const place = valueAt("steps", step.name, "inputs", role);
        problems.add("axis-conflict", message, place, {
          hint: "give both sides the same values, spelled alike, or another name",
        });
      }
    }
  }
  for (const [i, axis] of step.over.entries()) {
    if (sound && !inherited.has(axis)) {
      sound = false;
      const known =
        inherited.size === 0
          ? "none of the inputs has axes"
          : `its inputs have ${alternatives([...inherited], "and")}`;
      const hint = problems.suggest(axis, inherited) ?? known;
      problems.add(
        "unknown-axis",
        `no input of ${code(step.name)} has the axis ${code(axis)}`,
        valueAt("steps", step.name, "over", i),
        { hint },
      );
    }
    sides.delete(axis);
  }
  if (!sound) return undefined;
  const sorted = [...sides].sort(([a], [b]) => byCodeUnit(a, b));
  return new Map(sorted.map(([axis, { values }]) => [axis, values]));
}

const NO_AXES: Axes = new Map();
const ONE_POINT: readonly Place[] = [{}];

/** The order of the values may differ: it is no more than the order in which instances are listed. */
function sameValues(a: readonly AxisValue[], b: readonly AxisValue[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const known = new Set(a.map(exact));
  return b.every(value => known.has(exact(value)));
}

/** With its type and its spelling: an instance is named by them. */
function exact(value: AxisValue): string {
  return exactLabelText({ "": value });
}

function list({ values, owner }: Side): string {
  const shown = values.slice(0, 5).map(value => (isSpelled(value) ? value.text : show(value)));
  return `[${shown.join(", ")}${values.length > 5 ? ", ..." : ""}] in ${owner}`;
}
