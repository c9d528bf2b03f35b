import { MAX_NODES, type TensorGraph } from "./tensor-graph.js";

/**
 * The same graph with its nodes in an order in which each comes after those it reads, and without nodes that the
 * output does not need. Throws where a name has two makers or none, where values depend on themselves, where there is
 * no way from one of `wanted` (the latent, the class) to the output, and where there are more than `MAX_NODES`.
 */
export function ordered(graph: TensorGraph, wanted: readonly string[]): TensorGraph {
  if (graph.nodes.length > MAX_NODES)
    throw new Error(`it has ${graph.nodes.length} nodes, more than the limit of ${MAX_NODES}`);
  const maker = makers(graph);
  const { needed, read } = neededNodes(graph, maker);
  const waiting = new Map<number, number>();
  const readers = new Map<number, number[]>();
  for (const i of needed) {
    const sources = new Set(graph.nodes[i]?.inputs.flatMap(name => maker.get(name) ?? []));
    waiting.set(i, sources.size);
    for (const source of sources) {
      const known = readers.get(source);
      if (known === undefined) readers.set(source, [i]);
      else known.push(i);
    }
  }
  const order = needed.filter(i => waiting.get(i) === 0);
  // Kahn's algorithm: `order` grows while it is walked.
  for (const done of order)
    for (const reader of readers.get(done) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) order.push(reader);
    }
  if (order.length < needed.length) {
    const stuck = graph.nodes[needed.find(i => (waiting.get(i) ?? 0) > 0) ?? 0];
    throw new Error(`the graph is cyclic: ${nodeText(stuck)} depends on its own output`);
  }
  for (const name of wanted)
    if (!read.has(name))
      throw new Error(`the output '${graph.output}' does not depend on the input '${name}'`);
  return { ...graph, nodes: order.flatMap(i => graph.nodes[i] ?? []) };
}

/** A node in words: `Conv 'decoder/conv1'`. */
export function nodeText(node: { readonly op: string; readonly name: string } | undefined): string {
  return node === undefined ? "a node" : node.name === "" ? `a ${node.op}` : `${node.op} '${node.name}'`;
}

/** Which node makes each value. */
function makers({ nodes, constants, inputs }: TensorGraph): Map<string, number> {
  const maker = new Map<string, number>();
  const given = new Set(inputs.map(({ name }) => name));
  for (const [i, node] of nodes.entries())
    for (const name of node.outputs) {
      if (name === "") continue;
      if (maker.has(name) || constants.has(name) || given.has(name))
        throw new Error(`the value '${name}' is made twice, the second time by ${nodeText(node)}`);
      maker.set(name, i);
    }
  return maker;
}

/** The nodes that the output depends on, in the file's order, and the names of all values that they read. */
function neededNodes(
  graph: TensorGraph,
  maker: ReadonlyMap<string, number>,
): { readonly needed: readonly number[]; readonly read: ReadonlySet<string> } {
  const { nodes, constants, inputs, output } = graph;
  const given = new Set(inputs.map(({ name }) => name));
  const needed = new Set<number>();
  const names: { readonly name: string; readonly by: string }[] = [{ name: output, by: "the output" }];
  const values = new Set<string>();
  for (let next = names.pop(); next !== undefined; next = names.pop()) {
    const { name, by } = next;
    values.add(name);
    const i = maker.get(name);
    if (i === undefined) {
      if (name === "" || given.has(name) || constants.has(name)) continue;
      throw new Error(`nothing makes the value '${name}', which ${by} needs`);
    }
    if (needed.has(i)) continue;
    needed.add(i);
    const node = nodes[i];
    for (const read of node?.inputs ?? []) names.push({ name: read, by: nodeText(node) });
  }
  return { needed: [...needed].sort((a, b) => a - b), read: values };
}
