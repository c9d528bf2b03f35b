import { type AxisValue, instanceId } from "../../core/labels.js";
import { isSpelled } from "../../core/spelled.js";
import { keyAt, valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import {
  countPlaces,
  type Grid,
  join,
  nameOf,
  NO_AXES,
  placesOf,
  sameValues,
  without,
} from "../steps/grid.js";
import { blurred, OPEN } from "../steps/open-axes.js";
import { START, type StepSpec } from "../steps/spec.js";
import { alternatives, code, show } from "../mistakes/wording.js";
import { placeOfInput, type Link, type Links } from "./links.js";
import { type Lists, ownGrid } from "./lists.js";

/**
 * Axes broadcast as named dimensions do: a step has those of its own matrix and of its inputs, less those it gathers.
 * The same axis from two sides must have the same values. A step of which that cannot be told, because of a
 * mistake in it or before it, is left out.
 */
export function spreadAxes(
  ordered: readonly StepSpec[],
  links: Links,
  lists: Lists,
  problems: Problems,
): ReadonlyMap<string, Grid> {
  const axesOf = new Map<string, Grid>();
  for (const step of ordered) {
    const axes = gridOfStep(step, { links, lists, gridsOf: axesOf }, problems);
    if (axes !== undefined) axesOf.set(step.name, axes);
  }
  return axesOf;
}

/** Whether no step has yet to make values of an axis. */
function known(values: readonly AxisValue[]): boolean {
  return !values.includes(OPEN);
}

interface Side {
  readonly values: readonly AxisValue[];
  /** In words: whose axis this is. */
  readonly owner: string;
}

/** What is known of the steps before. */
interface Before {
  readonly links: Links;
  readonly lists: Lists;
  readonly gridsOf: ReadonlyMap<string, Grid>;
}

function gridOfStep(step: StepSpec, before: Before, problems: Problems): Grid | undefined {
  const { links, lists, gridsOf } = before;
  if (step.matrix === undefined) return undefined;
  const inputs = links.of.get(step.name) ?? [];
  if (
    step.matrix.axes.size === 0 &&
    step.lists.length === 0 &&
    inputs.every(link => gridsOf.get(link.from.name)?.axes.size === 0) &&
    step.over.length === 0
  ) {
    return links.doubtful.has(step.name) ? undefined : NO_AXES;
  }
  const own = ownGrid(step, links.lists.get(step.name) ?? [], gridsOf, lists, problems);
  if (own === undefined) return undefined;
  const sides = new Map<string, Side>();
  for (const [axis, values] of own.axes)
    sides.set(axis, { values, owner: `the matrix of ${code(step.name)}` });
  const inherited = new Set<string>();
  let sound = !links.doubtful.has(step.name);
  for (const { role, from } of inputs) {
    const grid = gridsOf.get(from.name);
    if (grid === undefined) sound = false;
    for (const [axis, values] of grid?.axes ?? []) {
      inherited.add(axis);
      const side = {
        values,
        owner: `${code(from.name)} (${role === START ? code("start") : `input ${code(role)}`})`,
      };
      const other = sides.get(axis);
      if (other === undefined) sides.set(axis, side);
      else if (!known(other.values) || !known(values)) continue;
      else if (!sameValues(other.values, values)) {
        sound = false;
        const message = `the axis ${code(axis)} is ${list(other)} and ${list(side)}`;
        const place = placeOfInput(step, role);
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
  }
  return sound ? joined(step, own, inputs, gridsOf, problems) : undefined;
}

/** The places that the step's own matrix and all its inputs have. What has no partner among the others is left out, and said so. */
function joined(
  step: StepSpec,
  own: Grid,
  inputs: readonly Link[],
  gridsOf: ReadonlyMap<string, Grid>,
  problems: Problems,
): Grid | undefined {
  const sides = inputs.map(link => ({
    link,
    grid: without(gridsOf.get(link.from.name) ?? NO_AXES, step.over),
  }));
  const grids = [own, ...sides.map(side => side.grid)];
  const axes = new Set(grids.flatMap(each => [...each.axes.keys()]));
  // Where one side is not known yet, none is: what belongs together shows when all are.
  const open = [...axes].filter(axis => grids.some(each => !known(each.axes.get(axis) ?? [])));
  const blur = (each: Grid, axis: string): Grid => (each.axes.has(axis) ? blurred(each, axis) : each);
  const shared = open.filter(axis => grids.filter(each => each.axes.has(axis)).length > 1);
  const grid = grids.map(each => shared.reduce(blur, each)).reduce(join);
  if (open.length > 0 || grids.some(each => countPlaces(each) === 0)) return grid;
  if (own.listed === undefined && sides.every(side => side.grid.listed === undefined)) return grid;
  const places = placesOf(grid);
  const reported = new Set<string>();
  for (const { link, grid: side } of sides) {
    const [role, from] = [link.role, link.from.name];
    const names = [...side.axes.keys()];
    const taken = new Set(places.map(place => nameOf(place, names)));
    const alone = placesOf(side).filter(place => !taken.has(nameOf(place, names)));
    const [first] = alone;
    if (first === undefined || reported.has(from)) continue;
    reported.add(from);
    const more = alone.length === 1 ? "" : ` and ${alone.length - 1} more`;
    const message = `${code(instanceId(from, first))}${more} ${alone.length === 1 ? "has" : "have"} no partner among what else ${code(step.name)} takes: left out there`;
    problems.add("unpaired", message, placeOfInput(step, role), { severity: "warning" });
  }
  if (places.length > 0) return grid;
  const hint = "their matrices have no combination in common";
  const message = `${code(step.name)} has no instances: no places of its inputs belong together`;
  problems.add("axis-conflict", message, keyAt("steps", step.name, "inputs"), { hint });
  return undefined;
}

function list({ values, owner }: Side): string {
  const shown = values.slice(0, 5).map(value => (isSpelled(value) ? value.text : show(value)));
  return `[${shown.join(", ")}${values.length > 5 ? ", ..." : ""}] in ${owner}`;
}
