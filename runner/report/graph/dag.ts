import { byCodeUnit } from "../../core/json.js";
import type { Label, Labels } from "../../core/labels.js";
import type { Outcome, RunRecord } from "../../core/record.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";

/** What drawings of a pipeline have in common: boxes in an order in which inputs come first, and arrows. */
export interface Dag {
  readonly name: string;
  readonly nodes: readonly DagNode[];
  readonly edges: readonly DagEdge[];
}

export interface DagNode {
  readonly id: string;
  /** `encoder ×3 [seed]`, or the id of an instance. */
  readonly label: string;
  /** Kind name, or `run`. */
  readonly kind: string;
  readonly instances: number;
  /** The step's axes, each with its values in order. */
  readonly axes: Readonly<Record<string, readonly Label[]>>;
  /** How it went; `mixed` where the instances differ in more than `ran` and `cached`. */
  readonly outcome?: Outcome | "mixed";
}

export interface DagEdge {
  readonly from: string;
  readonly to: string;
  /** Roles under which the output is taken, in code-unit order. */
  readonly roles: readonly string[];
}

export type DagLevel = "step" | "instance";

export function dagOfGraph(graph: Graph, level: DagLevel): Dag {
  const nodes = graph.nodes.map((node): Part => ({
    id: node.id,
    step: node.step,
    labels: node.labels,
    kind: node.work.type === "kind" ? node.work.kind : "run",
    sources: sourcesOf(node),
  }));
  const skipped = graph.skipped.map(({ inputs, ...node }): Part => ({
    ...node,
    sources: Object.entries(inputs).flatMap(([role, ids]) => ids.map(id => [role, id] as const)),
    outcome: "skipped",
  }));
  return fold(graph.name, [...nodes, ...skipped], level);
}

/** The same from a record, with outcomes: the pipeline itself may be gone. */
export function dagOfRun(run: RunRecord, level: DagLevel): Dag {
  const parts = run.steps.map((step): Part => ({
    id: step.id,
    step: step.step,
    labels: step.labels,
    kind: step.kind,
    sources: Object.entries(step.inputs).flatMap(([role, ids]) => ids.map(id => [role, id] as const)),
    outcome: step.outcome,
  }));
  return fold(run.pipeline, parts, level);
}

/** A step instance as this file needs it. */
interface Part {
  readonly id: string;
  readonly step: string;
  readonly labels: Labels;
  readonly kind: string;
  /** Role and instance id; ids of no instance are paths of files, which are not drawn. */
  readonly sources: readonly (readonly [role: string, id: string])[];
  readonly outcome?: Outcome;
}

function sourcesOf(node: GraphNode): (readonly [string, string])[] {
  const inputs = node.inputs.flatMap(({ role, source }) => {
    if (source.type === "file") return [];
    if (source.type === "artifact") return [[role, source.node] as const];
    return source.entries.map(entry => [role, entry.node] as const);
  });
  return [...inputs, ...(node.lists ?? []).map(list => [`matrix.${list.axis}`, list.node] as const)];
}

function fold(name: string, parts: readonly Part[], level: DagLevel): Dag {
  const nameOf = (part: Part): string => (level === "step" ? part.step : part.id);
  const nameById = new Map(parts.map(part => [part.id, nameOf(part)]));
  const groups = new Map<string, Part[]>();
  const roles = new Map<string, Map<string, Set<string>>>();
  for (const part of parts) {
    const to = nameOf(part);
    const group = groups.get(to);
    if (group === undefined) groups.set(to, [part]);
    else group.push(part);
    for (const [role, id] of part.sources) {
      const from = nameById.get(id);
      if (from === undefined || from === to) continue;
      const into = getOr(roles, to, () => new Map<string, Set<string>>());
      getOr(into, from, () => new Set<string>()).add(role);
    }
  }
  const edges = [...roles].flatMap(([to, sources]) =>
    [...sources].map(([from, set]) => ({ from, to, roles: [...set].sort(byCodeUnit) })),
  );
  const nodes = [...groups].map(([id, group]) => nodeOf(id, group));
  return { name, nodes: inputsFirst(nodes, edges), edges };
}

function nodeOf(id: string, group: readonly Part[]): DagNode {
  const values = new Map<string, Set<Label>>();
  for (const { labels } of group)
    for (const [axis, value] of Object.entries(labels))
      getOr(values, axis, () => new Set<Label>()).add(value);
  const axes = Object.fromEntries(
    [...values].sort(([a], [b]) => byCodeUnit(a, b)).map(([axis, set]) => [axis, [...set]]),
  );
  const label = group.length > 1 ? `${id} ×${group.length} [${Object.keys(axes).join(", ")}]` : id;
  const base = { id, label, kind: group[0]?.kind ?? "", instances: group.length, axes };
  const outcome = outcomeOf(group);
  return outcome === undefined ? base : { ...base, outcome };
}

function outcomeOf(group: readonly Part[]): Outcome | "mixed" | undefined {
  const outcomes = new Set(group.flatMap(part => part.outcome ?? []));
  if (outcomes.has("failed")) return "failed";
  const [first, ...others] = outcomes;
  if (others.length === 0) return first;
  return outcomes.size === 2 && outcomes.has("ran") && outcomes.has("cached") ? "ran" : "mixed";
}

/** The given order wherever it will do: depth first, each node after its inputs. */
function inputsFirst(nodes: readonly DagNode[], edges: readonly DagEdge[]): DagNode[] {
  const byId = new Map(nodes.map(node => [node.id, node]));
  const inputs = new Map<string, DagNode[]>();
  for (const { from, to } of edges) {
    const node = byId.get(from);
    if (node !== undefined) getOr(inputs, to, () => []).push(node);
  }
  const sorted = new Set<DagNode>();
  const open = new Set<DagNode>();
  // A stack of its own: chains of thousands of steps would be too deep for calls.
  for (const root of nodes) {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const waits = open.has(node) ? [] : (inputs.get(node.id) ?? []).filter(input => !sorted.has(input));
      open.add(node);
      // An input that is open already would close a cycle, which only a record that was tampered with can hold.
      const next = waits.filter(input => !open.has(input));
      if (next.length > 0) stack.push(...next.reverse());
      else {
        sorted.add(node);
        stack.pop();
      }
    }
  }
  return [...sorted];
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
