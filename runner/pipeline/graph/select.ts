import { UsageError } from "../../core/diagnostic.js";
import { alternatives, code, didYouMean } from "../mistakes/wording.js";
import type { Graph, GraphNode, SkippedNode } from "./graph.js";

/**
 * Selections of the command line -> the nodes that must be up to date, in the graph's order: those selected and their
 * ancestors. `step` selects every instance of a step, `step[seed=0]` those that lie at this place on the axes named,
 * and a `+` after either takes the descendants too. No selection means all. Throws a `UsageError` for a selection
 * that means nothing.
 */
export function selectNodes(graph: Graph, selections: readonly string[]): readonly GraphNode[] {
  if (selections.length === 0) return graph.nodes;
  return withAncestors(
    graph,
    selections.flatMap(text => matches(graph, text)),
  );
}

/** The instances that are left out and that selections name, or would take something from; all without a selection. */
export function selectSkipped(graph: Graph, selections: readonly string[]): readonly SkippedNode[] {
  if (selections.length === 0 || graph.skipped.length === 0) return graph.skipped;
  const wanted = new Set(selections.flatMap(text => named(graph, text).found.map(({ id }) => id)));
  for (const { inputs } of selectNodes(graph, selections)) {
    for (const { source } of inputs)
      if (source.type === "gathered") for (const id of source.absent ?? []) wanted.add(id);
  }
  const downward = selections.some(text => text.endsWith("+"));
  for (const { id, inputs } of downward ? graph.skipped : [])
    if (Object.values(inputs).some(ids => ids.some(from => wanted.has(from)))) wanted.add(id);
  return graph.skipped.filter(({ id }) => wanted.has(id));
}

/** The nodes that a selection names, descendants included where it has a `+`; without ancestors. */
export function matches(graph: Graph, text: string): readonly GraphNode[] {
  const { found, descendants } = named(graph, text);
  const nodes = found.flatMap(({ id }) => graph.byId.get(id) ?? []);
  return descendants ? withDescendants(graph, nodes) : nodes;
}

/** Throws a `UsageError` for a selection that names nothing, be it left out or not. */
function named(
  graph: Graph,
  text: string,
): { readonly found: readonly Pick<GraphNode, "id">[]; readonly descendants: boolean } {
  const { step, labels, descendants } = parseSelection(text);
  const all = [...graph.nodes, ...graph.skipped];
  // A block is all its steps.
  const ofStep = all.filter(node => node.step === step || node.step.startsWith(`${step}/`));
  if (ofStep.length === 0) {
    const names = new Set(all.map(node => node.step));
    throw unknown(
      `there is no step ${code(step)}`,
      didYouMean(step, names) ?? `there are ${alternatives([...names], "and")}`,
    );
  }
  const found = ofStep.filter(({ labels: at, open }) =>
    labels.every(([axis, value]) => String(at[axis]) === value || open?.axes.includes(axis) === true),
  );
  if (found.length === 0) {
    const ids = ofStep.map(node => node.id);
    throw unknown(
      `no instance of ${code(step)} matches ${code(text)}`,
      didYouMean(text, ids) ?? `there are ${alternatives(ids, "and")}`,
    );
  }
  return { found, descendants };
}

/** The nodes and everything that they are made from, in the graph's order. */
export function withAncestors(graph: Graph, nodes: readonly GraphNode[]): readonly GraphNode[] {
  const wanted = new Set(nodes.map(node => node.id));
  // From the end: a node comes after all its inputs.
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (node === undefined || !wanted.has(node.id)) continue;
    for (const id of producersOf(node)) wanted.add(id);
  }
  return graph.nodes.filter(node => wanted.has(node.id));
}

/** The nodes and everything that is made from them, in the graph's order. */
export function withDescendants(graph: Graph, nodes: readonly GraphNode[]): readonly GraphNode[] {
  const wanted = new Set(nodes.map(node => node.id));
  for (const node of graph.nodes) {
    if (producersOf(node).some(id => wanted.has(id))) wanted.add(node.id);
  }
  return graph.nodes.filter(node => wanted.has(node.id));
}

interface Selection {
  readonly step: string;
  readonly labels: readonly (readonly [axis: string, value: string])[];
  readonly descendants: boolean;
}

function parseSelection(text: string): Selection {
  const [, step, inside, plus] = /^([^[\]+=,\s]+)(?:\[([^[\]]*)\])?(\+?)$/.exec(text) ?? [];
  const labels = (inside ?? "").split(",").map(pair => {
    const at = pair.indexOf("=");
    return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()] as const;
  });
  const bad = inside !== undefined && labels.some(([axis]) => axis === "");
  if (step === undefined || bad) {
    const hint = "write `step`, `step+` (with what depends on it) or `step[axis=value]`";
    throw UsageError.ofCall("bad-selection", `${code(text)} selects nothing`, hint);
  }
  return { step, labels: inside === undefined ? [] : labels, descendants: plus === "+" };
}

/** Ids of the instances whose artifacts a node takes, or waits for; each once. */
export function producersOf({ inputs, lists = [] }: GraphNode): readonly string[] {
  const ids = new Set<string>();
  for (const { source } of inputs) {
    if (source.type === "artifact") ids.add(source.node);
    else if (source.type === "gathered") for (const entry of source.entries) ids.add(entry.node);
  }
  for (const { node } of lists) ids.add(node);
  return [...ids];
}

function unknown(message: string, hint: string): UsageError {
  return UsageError.ofCall("unknown-selection", message, hint);
}
