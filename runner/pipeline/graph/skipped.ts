import { instanceId, type Place, shownLabels } from "../../core/labels.js";
import type { StepSpec } from "../steps/spec.js";
import type { ArtifactSource, GatheredSource, GraphNode, SkippedNode } from "./graph.js";

/** What an instance takes from others. */
export interface TakenInput {
  readonly role: string;
  readonly source: ArtifactSource | GatheredSource;
}

/** A gathering input has the instances that there are. */
export function withoutSkipped(
  source: TakenInput["source"],
  skipped: ReadonlyMap<string, SkippedNode>,
): TakenInput["source"] {
  if (skipped.size === 0 || source.type === "artifact") return source;
  const absent = source.entries.filter(({ node }) => skipped.has(node)).map(({ node }) => node);
  if (absent.length === 0) return source;
  return { ...source, entries: source.entries.filter(({ node }) => !skipped.has(node)), absent };
}

/** Why an instance is left out because of what it takes, in words. */
export function lacking(
  taken: readonly TakenInput[],
  skipped: ReadonlyMap<string, SkippedNode>,
): string | undefined {
  for (const { role, source } of taken) {
    if (source.type === "artifact" && skipped.has(source.node))
      return `it takes ${role} from ${source.node}, which is left out`;
    if (source.type === "gathered" && source.entries.length === 0)
      return `all that it gathers as ${role} is left out: ${listed(source.absent ?? [])}`;
  }
  return undefined;
}

/** What must be said of an instance that gathers fewer than there could be. */
export function absentNotices({ id, inputs }: GraphNode): string[] {
  return inputs.flatMap(({ role, source }) => {
    if (source.type !== "gathered" || source.absent === undefined) return [];
    const { entries, absent } = source;
    return [
      `${id}: gathers ${entries.length} of ${entries.length + absent.length} as ${role}; left out by \`when\`: ${listed(absent)}`,
    ];
  });
}

export function skippedNode(
  step: StepSpec,
  place: Place,
  taken: readonly TakenInput[],
  reason: string,
): SkippedNode {
  const { name, at, work } = step;
  const inputs = taken.map(({ role, source }): [string, readonly string[]] => [
    role,
    source.type === "artifact"
      ? [source.node]
      : [...source.entries.map(({ node }) => node), ...(source.absent ?? [])],
  ]);
  return {
    id: instanceId(name, place),
    step: name,
    labels: shownLabels(place),
    kind: work?.type === "kind" ? work.name : "run",
    inputs: Object.fromEntries(inputs),
    ...{ reason, at },
  };
}

function listed(ids: readonly string[]): string {
  return ids.length > 5 ? `${ids.slice(0, 5).join(", ")} and ${ids.length - 5} more` : ids.join(", ");
}
