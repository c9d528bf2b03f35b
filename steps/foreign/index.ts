/** Foreign models of generators: their files to a graph, and a graph to a network. */
export { type GivenInputs, givenInputs, latentSizes } from "./given-inputs.js";
export { BeyondTable, graphNetwork, modelFile, type RawNetwork, rawNetwork } from "./graph-network.js";
export { rangeOf } from "./range.js";
export { readGraph } from "./read-graph.js";
export type { GraphInput, TensorGraph } from "./tensor-graph.js";
