import { DONE } from "../call/exit.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import { print, type Session } from "../call/session.js";

interface Options extends LoadOptions {
  readonly format: "mermaid" | "dot" | "svg" | "json";
  readonly instances?: boolean;
}

/** `vistas graph`: the graph as a drawing or as data. */
export async function graphCommand(session: Session, args: string[], options: Options): Promise<number> {
  const { graph, nodes, skipped } = await withKnownLists(await openTarget(session, args, options));
  const { renderGraph } = await import("../../report/graph/draw-graph.js");
  const part = { ...graph, nodes, skipped, byId: new Map(nodes.map(node => [node.id, node])) };
  print(session, renderGraph(part, options.format, { instances: options.instances ?? false }));
  return DONE;
}
