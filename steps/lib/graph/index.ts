/** Foreign models of generators: their files to a graph, and a graph to a network. */
export { graphNetwork } from "./network.js";
export { readGraph } from "./read.js";
export { rangeOf } from "./range.js";
export type { TensorGraph } from "./types.js";
