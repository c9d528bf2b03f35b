import { plan } from "../exec/plan.js";
import { readLists, wantedLists } from "../exec/read-lists.js";
import type { ListContent } from "../pipeline/graph/lists.js";
import { withAncestors } from "../pipeline/graph/select.js";
import type { OpenPipeline } from "./open-pipeline.js";

/**
 * The pipeline with the instances that past results say there are: of steps whose axes are lists that other steps have
 * made. Throws a `UsageError` for mistakes that only these show.
 */
export async function withKnownLists(opened: OpenPipeline): Promise<OpenPipeline> {
  const { host } = opened;
  const known = new Map<string, ListContent>();
  for (let now = opened; ;) {
    const wanted = wantedLists(now.graph);
    const makers = [...wanted.keys()].flatMap(id => now.graph.byId.get(id) ?? []);
    if (makers.length === 0) return now;
    const planned = await plan(host, now.graph, withAncestors(now.graph, makers));
    const records = new Map(planned.map(({ node, record }) => [node.id, record]));
    const before = known.size;
    for (const [node, outputs] of wanted)
      for (const [name, content] of readLists(host.store, node, outputs, id => records.get(id)))
        known.set(name, content);
    if (known.size === before) return now;
    now = await opened.expand(known);
  }
}
