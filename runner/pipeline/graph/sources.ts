import { instanceId, type Place } from "../../core/labels.js";
import { type Grid, groupBy, nameOf, pick, placesOf, without } from "../steps/grid.js";
import type { StepSpec } from "../steps/spec.js";
import type { Link } from "./links.js";
import type { ArtifactSource, GatheredSource } from "./graph.js";

/** Where the instances of a step take one of their inputs from. */
export interface RoleSource {
  readonly role: string;
  readonly of: (labels: Place) => ArtifactSource | GatheredSource;
}

/**
 * For each input from another step: the instance at the same place on the axes that both have; of an input that has
 * axes which the step gathers, every instance there is along these.
 */
export function sourcesOf(
  step: StepSpec,
  links: readonly Link[],
  gridsOf: ReadonlyMap<string, Grid>,
): readonly RoleSource[] {
  return links.map(({ role, from, output = "" }) => {
    const grid = gridsOf.get(from.name);
    if (grid === undefined || grid.axes.size === 0) {
      const same: ArtifactSource = { type: "artifact", node: from.name, output };
      return { role, of: () => same };
    }
    const artifact = (labels: Place): ArtifactSource => {
      return { type: "artifact", node: instanceId(from.name, labels), output };
    };
    const shared = [...without(grid, step.over).axes.keys()];
    if (shared.length === grid.axes.size) return { role, of: labels => artifact(pick(labels, shared)) };
    const gathered = [...grid.axes.keys()].filter(axis => step.over.includes(axis));
    const groups = groupBy(placesOf(grid), shared);
    const of = (labels: Place): GatheredSource => {
      const group = groups.get(nameOf(labels, shared)) ?? [];
      return {
        type: "gathered",
        entries: group.map(place => ({ ...artifact(place), place: pick(place, gathered) })),
      };
    };
    return { role, of };
  });
}
