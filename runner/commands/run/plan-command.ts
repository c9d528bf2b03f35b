import { plan, type PlannedStep } from "../../exec/plan.js";
import { DONE } from "../call/exit.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { table } from "../../ui/table.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import { refuseEnvironments } from "../../workflow/checks.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import type { OpenPipeline } from "../../workflow/open-pipeline.js";
import { print, printJson, type Session } from "../call/session.js";

/** `vistas plan`: what `run` would do, and why. */
export async function planCommand(
  session: Session,
  args: string[],
  options: LoadOptions & { json?: boolean },
): Promise<number> {
  const opened = await openTarget(session, args, options);
  await refuseEnvironments(opened, "plan");
  const target = await withKnownLists(opened);
  if (options.json !== true) {
    print(session, await planTable(session, target));
    return DONE;
  }
  const steps = (await planTarget(session, target)).map(({ node, status, key, reason }) => ({
    id: node.id,
    kind: kindOf(node),
    status,
    key,
    reason,
  }));
  const skipped = target.skipped.map(({ id, kind, reason }) => ({
    id,
    kind,
    status: "skipped",
    key: null,
    reason,
  }));
  printJson(session, { pipeline: target.graph.name, steps: [...steps, ...skipped] });
  return DONE;
}

export async function planTable(
  session: Session,
  target: OpenPipeline,
  forced?: (node: GraphNode) => boolean,
): Promise<string> {
  const steps = await planTarget(session, target, forced);
  const rows = [
    ...steps.map(({ node, status, reason }) => [node.id, kindOf(node), status, reason]),
    ...target.skipped.map(({ id, kind, reason }) => [id, kind, "skipped", reason]),
  ];
  const skipped = target.skipped.length === 0 ? "" : `, ${target.skipped.length} skipped`;
  const count = (status: PlannedStep["status"]): number =>
    steps.filter(step => step.status === status).length;
  return `${table(["step", "kind", "status", "why"], rows)}\n\n${count("cached")} cached, ${count("run")} to run, ${count("pending")} pending${skipped}`;
}

async function planTarget(
  session: Session,
  { host, graph, nodes }: OpenPipeline,
  forced?: (node: GraphNode) => boolean,
): Promise<PlannedStep[]> {
  const notice = (message: string): void => void session.stderr.write(`note: ${message}\n`);
  const steps = await plan(host, graph, nodes, forced === undefined ? { notice } : { notice, forced });
  host.store.stats.save();
  return steps;
}

function kindOf({ work }: GraphNode): string {
  return work.type === "kind" ? work.kind : "run";
}
