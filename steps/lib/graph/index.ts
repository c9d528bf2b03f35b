/** Foreign models of generators: their files to a graph, and a graph to a network. */
export { type GivenInputs, givenInputs, latentSizes } from "./inputs.js";
export { BeyondTable, graphNetwork, modelFile, type RawNetwork, rawNetwork } from "./network.js";
export { rangeOf } from "./range.js";
export { readGraph } from "./read.js";
export type { GraphInput, TensorGraph } from "./types.js";
