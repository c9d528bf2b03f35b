import { type AxisValue, instanceId, type Place } from "../../core/labels.js";
import type { StepSpec } from "../steps/spec.js";
import type { Link } from "./links.js";
import { points, type Axes } from "./spread.js";
import type { ArtifactSource, GatheredSource } from "./graph.js";

/** Where the instances of a step take one of their inputs from. */
export interface RoleSource {
  readonly role: string;
  readonly of: (labels: Place) => ArtifactSource | GatheredSource;
}

/**
 * For each input from another step: the instance at the same place on the axes that both have; of an input that has
 * axes which the step gathers, every instance along these.
 */
export function sourcesOf(
  step: StepSpec,
  links: readonly Link[],
  axesOf: ReadonlyMap<string, Axes>,
): readonly RoleSource[] {
  return links.map(({ role, from, output = "" }) => {
    const axes = axesOf.get(from.name);
    if (axes === undefined || axes.size === 0) {
      const same: ArtifactSource = { type: "artifact", node: from.name, output };
      return { role, of: () => same };
    }
    const artifact = (labels: Place): ArtifactSource => {
      return { type: "artifact", node: instanceId(from.name, labels), output };
    };
    const gathered = gatheredAxes(step, axes);
    const shared = [...axes.keys()].filter(axis => !gathered.has(axis));
    if (gathered.size === 0) return { role, of: labels => artifact(pick(labels, shared)) };
    const places = points(gathered);
    const of = (labels: Place): GatheredSource => {
      const fixed = pick(labels, shared);
      const entries = places.map(place => ({ ...artifact({ ...fixed, ...place }), place }));
      return { type: "gathered", entries };
    };
    return { role, of };
  });
}

/** Those of an input's axes that a step gathers. */
export function gatheredAxes(step: StepSpec, axes: Axes): Axes {
  return new Map([...axes].filter(([axis]) => step.over.includes(axis)));
}

function pick(labels: Place, axes: readonly string[]): Place {
  const out: Record<string, AxisValue> = {};
  for (const axis of axes) {
    const label = labels[axis];
    if (label !== undefined) out[axis] = label;
  }
  return out;
}
