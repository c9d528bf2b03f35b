/**
 * A pipeline's graph in the formats of `vistas graph`. Pure; every name is escaped for its format, whatever it
 * holds. By step, a step with axes is one node (`encoder ×3 [seed]`); by instance, each is one.
 */
import type { Graph } from "../../pipeline/graph/graph.js";
import { printable } from "../../ui/display-text.js";
import { type Dag, dagOfGraph } from "./dag.js";
import { DAG_STYLE, dagSvg } from "./svg.js";

export type GraphFormat = "mermaid" | "dot" | "svg" | "json";

export const GRAPH_FORMATS: readonly GraphFormat[] = ["mermaid", "dot", "svg", "json"];

/** Without a newline at the end. */
export function renderGraph(
  graph: Graph,
  format: GraphFormat,
  options: { readonly instances?: boolean } = {},
): string {
  const dag = dagOfGraph(graph, options.instances === true ? "instance" : "step");
  switch (format) {
    case "mermaid":
      return mermaid(dag);
    case "dot":
      return dot(dag);
    case "svg":
      return dagSvg(dag, { style: DAG_STYLE }).text;
    case "json":
      return json(dag);
  }
}

/** A Mermaid flowchart: nodes are numbered, because Mermaid's own ids take few characters. */
export function mermaid(dag: Dag): string {
  const names = new Map(dag.nodes.map((node, i) => [node.id, `n${i}`]));
  const lines = ["flowchart TD"];
  for (const node of dag.nodes)
    lines.push(`  ${names.get(node.id) ?? ""}["${mermaidText(node.label)}<br/>${mermaidText(node.kind)}"]`);
  for (const { from, to } of dag.edges) lines.push(`  ${names.get(from) ?? ""} --> ${names.get(to) ?? ""}`);
  return lines.join("\n");
}

/** Graphviz. */
export function dot(dag: Dag): string {
  const lines = [
    `digraph ${dotText(dag.name)} {`,
    "  rankdir=TB;",
    '  node [shape=box, style=rounded, fontname="Helvetica"];',
    ...dag.nodes.map(({ id, label, kind }) => `  ${dotText(id)} [label=${dotText(label, kind)}];`),
    ...dag.edges.map(
      ({ from, to, roles }) => `  ${dotText(from)} -> ${dotText(to)} [tooltip=${dotText(roles.join(", "))}];`,
    ),
    "}",
  ];
  return lines.join("\n");
}

/** `{ name, nodes: [{ id, kind, instances, axes }], edges: [{ from, to, roles }] }`. */
export function json(dag: Dag): string {
  const nodes = dag.nodes.map(({ id, kind, instances, axes }) => ({ id, kind, instances, axes }));
  return JSON.stringify({ name: dag.name, nodes, edges: dag.edges }, null, 2);
}

/** Everything but letters, digits and harmless marks as a numeric entity, which Mermaid writes `#NN;`. */
function mermaidText(text: string): string {
  return printable(text).replace(/[^\p{L}\p{N} _.,=:×()[\]/+-]/gu, c => `#${c.codePointAt(0) ?? 0};`);
}

/** A quoted string of lines; Graphviz has two escapes in it, for the quote and, in labels, the backslash. */
function dotText(...lines: string[]): string {
  return `"${lines.map(line => printable(line).replace(/[\\"]/g, "\\$&")).join("\\n")}"`;
}
