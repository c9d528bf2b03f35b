import type { Graph } from "../graph.js";
import { withoutAliases } from "./aliases.js";
import { withoutRepeats } from "./common.js";
import { withoutDeadCode } from "./dead-code.js";

/** The same results from fewer nodes. Does not: fold constants; onnxruntime does so when it loads a model. */
export function simplify(graph: Graph): Graph {
  return withoutDeadCode(withoutRepeats(withoutAliases(graph)));
}
