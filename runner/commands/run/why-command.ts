import { differenceText } from "../../cache/difference-text.js";
import { UsageError } from "../../core/diagnostic.js";
import { plan, type PlannedStep } from "../../exec/plan.js";
import { DONE } from "../call/exit.js";
import { matches, selectSkipped, withAncestors } from "../../pipeline/graph/select.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import { variationText } from "../../store/records/result-id.js";
import { refuseEnvironments } from "../../workflow/checks.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import type { Store } from "../../store/store.js";
import { pipelineOf, print, printJson, type Session } from "../call/session.js";

/** `vistas why STEP`: what makes this step's key differ from that of its nearest past result. */
export async function whyCommand(
  session: Session,
  args: string[],
  options: LoadOptions & { json?: boolean },
): Promise<number> {
  const { pipeline, steps } = pipelineOf(session, args);
  if (steps.length === 0)
    throw UsageError.ofCall("missing-step", "`why` needs a step", "For example: vistas why probe");
  const opened = await openTarget(session, [pipeline], options);
  await refuseEnvironments(opened, "plan");
  const { host, graph } = await withKnownLists(opened);
  const skipped = selectSkipped(graph, steps);
  const asked = steps.flatMap(step => matches(graph, step));
  const planned = await plan(host, graph, withAncestors(graph, asked));
  host.store.stats.save();
  const ids = new Set(asked.map(node => node.id));
  const answers = planned
    .filter(step => ids.has(step.node.id))
    .map(step => ({ ...step, variation: variationOf(host.store, step) }));
  if (options.json === true) {
    const shown = [
      ...answers.map(json),
      ...skipped.map(({ id, reason }) => ({
        id,
        status: "skipped",
        key: null,
        reason,
        past: null,
        differences: [],
      })),
    ];
    printJson(session, shown.length === 1 ? shown[0] : shown);
  } else {
    const left = skipped.map(({ id, reason }) => `${id}: skipped\n  ${reason}`);
    print(session, [...answers.map(text), ...left].join("\n\n"));
  }
  return DONE;
}

interface Answer extends PlannedStep {
  readonly variation: string | undefined;
}

/** For a step with a result: whether its key has come to others as well. */
function variationOf(store: Store, { record }: PlannedStep): string | undefined {
  return record === undefined ? undefined : variationText(record, store.records.others(record));
}

function json({ node, status, key, reason, explanation, causes, variation }: Answer): object {
  const past = explanation?.past;
  return {
    ...{ id: node.id, status, key, reason },
    ...(causes === undefined ? {} : { causes }),
    past: past === undefined ? null : { id: past.id, key: past.key, finished: past.finished },
    differences: explanation?.differences ?? [],
    ...(variation === undefined ? {} : { variation }),
  };
}

function text({ node, status, key, reason, record, explanation, causes, variation }: Answer): string {
  const head = `${node.id}: ${status}${key === null ? "" : ` (key ${key.slice(0, 12)})`}`;
  if (record !== undefined && status === "cached")
    return `${head}\n  same key as the result of ${record.id}, made ${record.finished}${variation === undefined ? "" : `\n  ${variation}`}`;
  if (causes !== undefined && causes.length > 1) {
    const others = causes.slice(1).map(cause => `  also ${cause.id}: ${cause.reason}`);
    return [head, `  ${reason}`, ...others].join("\n");
  }
  const { past, differences } = explanation ?? {};
  if (past === undefined || differences === undefined) return `${head}\n  ${reason}`;
  const first = past.id === node.id ? "" : "  no earlier result\n";
  const from = `${first}  compared with the nearest past result of the step (${past.id}, made ${past.finished}):`;
  if (differences.length === 0) return `${head}\n${from}\n  ${reason}`;
  return [head, from, ...differences.map(d => `  - ${differenceText(d)}`)].join("\n");
}
