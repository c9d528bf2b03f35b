import type { JsonObject } from "../core/json.js";
import { flattened } from "../core/json.js";
import type { Outcome, RunRecord, StepResult } from "../core/record.js";
import type { Graph } from "../pipeline/graph/graph.js";
import { type Attachments, readAttachments } from "./attachments.js";
import { type Chart, charts } from "./charts/curves.js";
import { type Dag, dagOfGraph, dagOfRun } from "./graph/dag.js";
import type { Reproduction } from "./verdict/reproduction.js";
import { metricSources, type MetricTable, metricTables } from "./metrics.js";

/** Everything that a report says, read and computed; the renderers only put it into words and pictures. */
export interface ReportModel {
  readonly run: RunRecord;
  /** By step, with outcomes. */
  readonly dag: Dag;
  /** In the order of the DAG. */
  readonly steps: readonly StepSection[];
  readonly tables: readonly MetricTable[];
  /** Steps that nothing takes from, and that have metrics: what the run was for. */
  readonly last: ReadonlySet<string>;
  readonly charts: readonly Chart[];
  readonly attachments: Attachments;
  /** What the run was held against, where it was. */
  readonly reproduction: Reproduction | undefined;
  /** Seconds that it took to make every result of the run, this time or another. */
  readonly worth: number;
}

/** All instances of a step. */
export interface StepSection {
  readonly step: string;
  readonly kind: string;
  readonly outcome: Outcome | "mixed";
  readonly results: readonly StepResult[];
}

/**
 * Reads what the outputs hold that can be shown, and puts a run's results in order. `graph`, where the pipeline is
 * still there, adds the steps that the run did not select to the drawing.
 */
export async function buildReportModel(
  run: RunRecord,
  results: readonly StepResult[],
  graph?: Graph,
  reproduction?: Reproduction,
): Promise<ReportModel> {
  const ran = dagOfRun(run, "step");
  const dag = graph === undefined ? ran : withOutcomes(dagOfGraph(graph, "step"), ran);
  const byStep = new Map<string, StepResult[]>();
  for (const result of results) {
    const list = byStep.get(result.step.step);
    if (list === undefined) byStep.set(result.step.step, [result]);
    else list.push(result);
  }
  const steps = ran.nodes.map((node): StepSection => {
    const { id, kind, outcome = "mixed" } = node;
    return { step: id, kind, outcome, results: byStep.get(id) ?? [] };
  });
  const ordered = steps.flatMap(section => section.results);
  const taken = new Set(ran.edges.map(edge => edge.from));
  const measured = new Set(
    ordered
      .filter(({ record }) => Object.keys(record?.metrics ?? {}).length > 0)
      .map(({ step }) => step.step),
  );
  return {
    run,
    dag,
    steps,
    tables: metricTables(metricSources(ordered)),
    last: new Set([...measured].filter(step => !taken.has(step))),
    charts: charts(ordered),
    attachments: await readAttachments(ordered),
    reproduction,
    worth: ordered.reduce((sum, { record }) => sum + (record?.seconds ?? 0), 0),
  };
}

/** What a run of a part of its pipeline left out, in words; nothing for a run of the whole. */
export function leftOutText({ leftOut }: RunRecord): string | undefined {
  if (leftOut === undefined) return undefined;
  const names = [...leftOut.instances.map(({ id }) => id), ...leftOut.steps];
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const more = names.length - MOST_NAMES;
  return `A part of the pipeline: the run did not select ${shown}${more > 0 ? ` and ${more} more` : ""}.`;
}

const MOST_NAMES = 8;

/** Values by dotted name: text as it is, everything else as JSON. */
export function flattenedText(object: JsonObject): [name: string, value: string][] {
  return flattened(object).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
}

function withOutcomes(whole: Dag, ran: Dag): Dag {
  const outcomes = new Map(ran.nodes.map(node => [node.id, node.outcome]));
  const nodes = whole.nodes.map(node => {
    const outcome = outcomes.get(node.id);
    return outcome === undefined ? node : { ...node, outcome };
  });
  return { ...whole, nodes };
}
