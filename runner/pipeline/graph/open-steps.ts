import { instanceId, type Place, shownLabels } from "../../core/labels.js";
import { countPlaces, type Grid, NO_AXES, pick, placesOf } from "../steps/grid.js";
import { isOpen, mayMeet, OPEN, openAxes } from "../steps/open-axes.js";
import type { StepSpec } from "../steps/spec.js";
import type { CommandWork, GraphNode, KindWork, NodeInput, SkippedNode } from "./graph.js";
import type { Links } from "./links.js";
import { skippedNode } from "./skipped.js";
import { DEFAULT_LIMITS } from "./step/limits.js";

/**
 * The nodes of steps whose instances are not all known: one that is open stands for those to come, so that a graph always
 * has every step.
 */
export class OpenSteps {
  /** By step: its open nodes. */
  readonly #nodes = new Map<string, { readonly place: Place; readonly text: string }[]>();
  /** By step that has no instances: why. */
  readonly #none = new Map<string, string>();

  constructor(
    private readonly links: Links,
    private readonly gridsOf: ReadonlyMap<string, Grid>,
  ) {}

  /** Whether a step may have open nodes; of one that may not, nothing is asked. */
  mayHave(step: StepSpec, grid: Grid): boolean {
    const inputs = this.links.of.get(step.name) ?? [];
    return isOpen(grid) || inputs.some(({ from }) => this.#nodes.has(from.name));
  }

  /** Why it is not known whether, and how often, a step is at a place; undefined: it is known. */
  cause(step: StepSpec, place: Place): string | undefined {
    const own = (this.links.lists.get(step.name) ?? []).find(({ axis }) => place[axis] === OPEN);
    if (own !== undefined) return `one for each of ${own.written}, not known until ${own.from.name} has run`;
    for (const { from } of this.links.of.get(step.name) ?? []) {
      const nodes = this.#nodes.get(from.name) ?? [];
      const found = nodes.find(node => mayMeet(withoutAxes(node.place, step.over), place));
      if (found !== undefined) return found.text;
    }
    return undefined;
  }

  nodeOf(step: StepSpec, place: Place, text: string): GraphNode {
    const { name, at } = step;
    const nodes = this.#nodes.get(name) ?? [];
    nodes.push({ place, text });
    this.#nodes.set(name, nodes);
    return {
      ...{ id: instanceId(name, place), step: name, labels: shownLabels(place), at },
      ...{ work: workOf(step), inputs: this.#inputs(step, place), env: [], ...DEFAULT_LIMITS },
      ...this.listsOf(step, place),
      open: { text, axes: openAxes(place) },
    };
  }

  /** What stands for a step that has no instances. */
  none(step: StepSpec, grid: Grid): SkippedNode {
    const empty = (name: string): boolean => countPlaces(this.gridsOf.get(name) ?? NO_AXES) === 0;
    const input = (this.links.of.get(step.name) ?? []).find(({ from }) => empty(from.name));
    const lists = (this.links.lists.get(step.name) ?? []).map(({ written }) => written);
    const own = `nothing to do: ${lists.join(" and ")} ${lists.length === 1 ? "is an empty list" : "have no items together"}`;
    const reason = this.#none.get(input?.from.name ?? "") ?? own;
    this.#none.set(step.name, reason);
    const place = Object.fromEntries([...grid.axes.keys()].map(axis => [axis, OPEN]));
    return {
      ...skippedNode(step, place, this.#inputs(step, place), reason),
      open: { axes: openAxes(place) },
    };
  }

  /** Where the lists come from by which a step is at a place. */
  listsOf(step: StepSpec, place: Place): Pick<GraphNode, "lists"> {
    const links = this.links.lists.get(step.name);
    if (links === undefined) return {};
    const lists = links.map(({ axis, from, output }) => {
      const axes = [...(this.gridsOf.get(from.name)?.axes.keys() ?? [])];
      return { type: "artifact" as const, node: instanceId(from.name, pick(place, axes)), output, axis };
    });
    return { lists };
  }

  /** From each input all that it may come to take. */
  #inputs(step: StepSpec, place: Place): (NodeInput & { readonly source: { readonly type: "gathered" } })[] {
    return (this.links.of.get(step.name) ?? []).map(({ role, from, output = "" }) => {
      const entries = placesOf(this.gridsOf.get(from.name) ?? NO_AXES)
        .filter(other => mayMeet(withoutAxes(other, step.over), place))
        .map(other => ({
          ...{ type: "artifact" as const, node: instanceId(from.name, other), output, place: other },
        }));
      return { role, source: { type: "gathered", entries } };
    });
  }
}

function withoutAxes(place: Place, axes: readonly string[]): Place {
  return pick(
    place,
    Object.keys(place).filter(axis => !axes.includes(axis)),
  );
}

/** As far as it is the same in every instance. */
function workOf({ work }: StepSpec): KindWork | CommandWork {
  if (work?.type === "kind") return { type: "kind", kind: work.name, with: {} };
  return { type: "command", form: "argv", words: [], outputs: work?.outputs ?? {} };
}
