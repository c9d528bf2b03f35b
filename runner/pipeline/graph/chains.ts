import { instanceId, type Place } from "../../core/labels.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { alternatives, code } from "../mistakes/wording.js";
import { exact, type Grid, groupBy, nameOf, placesOf } from "../steps/grid.js";
import { START, type StepSpec } from "../steps/spec.js";
import type { Links } from "./links.js";
import type { TakenInput } from "./skipped.js";
import type { RoleSource } from "./sources.js";

/** What the instances of a step take from one another along the axis of its `scan`. */
export interface Chain {
  /** Of the instance before; of the first one what `start` names, unless that is a file. */
  readonly of: (place: Place) => readonly TakenInput[];
  /** Roles that a file which `start` names fills, in the first instance. */
  readonly startedByFile: (place: Place) => readonly string[];
}

/** Undefined for a step that is not chained. */
export function chainOf(
  step: StepSpec,
  { chains }: Links,
  grid: Grid,
  sources: readonly RoleSource[],
): Chain | undefined {
  const links = chains.get(step.name);
  const axis = step.scan;
  if (links === undefined || axis === undefined) return undefined;
  const others = [...grid.axes.keys()].filter(other => other !== axis);
  const before = new Map<string, Place>();
  for (const group of groupBy(placesOf(grid), others).values()) {
    const order = new Map(grid.axes.get(axis)?.map((value, i) => [exact(value), i]));
    const rank = (place: Place): number => order.get(exact(place[axis] ?? "")) ?? 0;
    const inOrder = [...group].sort((a, b) => rank(a) - rank(b));
    for (const [i, place] of inOrder.entries()) {
      const previous = inOrder[i - 1];
      if (previous !== undefined) before.set(nameOf(place, Object.keys(place)), previous);
    }
  }
  const previousOf = (place: Place): Place | undefined => before.get(nameOf(place, Object.keys(place)));
  const start = sources.find(({ role }) => role === START);
  return {
    of: place => {
      const previous = previousOf(place);
      if (previous === undefined)
        return start === undefined ? [] : links.map(({ role }) => ({ role, source: start.of(place) }));
      const node = instanceId(step.name, previous);
      return links.map(({ role, output = "" }) => ({ role, source: { type: "artifact", node, output } }));
    },
    startedByFile: place =>
      start === undefined && previousOf(place) === undefined ? links.map(({ role }) => role) : [],
  };
}

/** Reports a chain along an axis that the step does not have. */
export function checkScan(step: StepSpec, grid: Grid, problems: Problems): void {
  const { name, scan } = step;
  if (scan === undefined || grid.axes.has(scan)) return;
  const axes = [...grid.axes.keys()];
  const known =
    axes.length === 0 ? "give it one: `matrix: { round: [1, 2, 3] }`" : `it has ${alternatives(axes, "and")}`;
  const hint = problems.suggest(scan, axes) ?? known;
  problems.add("unknown-axis", `${code(name)} has no axis ${code(scan)}`, valueAt("steps", name, "scan"), {
    hint,
  });
}
