import { instanceId, type Place, shownLabels } from "../../core/labels.js";
import { keyAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { START, type PipelineSpec, type StepSpec } from "../steps/spec.js";
import { code } from "../mistakes/wording.js";
import { chainOf, checkScan } from "./chains.js";
import { linkSteps, type Links } from "./links.js";
import type { Lists } from "./lists.js";
import { OpenSteps } from "./open-steps.js";
import { orderSteps } from "./order.js";
import { lacking, skippedNode, withoutSkipped, type TakenInput } from "./skipped.js";
import { sourcesOf } from "./sources.js";
import { countPlaces, type Grid, placesOf, without } from "../steps/grid.js";
import { spreadAxes } from "./spread.js";
import { compileStep, type StepParts, type StepScope } from "./step/compile-step.js";
import { compileConditions } from "./step/compile-conditions.js";
import type { GraphNode, NodeInput, SkippedNode } from "./graph.js";
import { reportUnusedAxes, reportUnusedBlockAxes } from "./unused-axes.js";

/** Step instances that a pipeline may have, and the instances that all gathering inputs together may take in. */
const MAX_INSTANCES = 100_000;
const MAX_GATHERED = 1_000_000;

/** The instances of a pipeline. */
export interface Nodes {
  readonly nodes: readonly GraphNode[];
  readonly skipped: readonly SkippedNode[];
}

/**
 * Follows the references between steps and expands every step along its axes: one node an instance, each after all
 * its inputs. Reports every mistake; after one the nodes are not complete.
 */
export function buildNodes(spec: PipelineSpec, scope: StepScope, lists: Lists): Nodes {
  const { problems } = scope;
  const links = linkSteps(spec, problems);
  const ordered = orderSteps([...spec.steps.values()], links, problems);
  const axesOf = spreadAxes(ordered, links, lists, problems);
  const nodes: GraphNode[] = [];
  const skipped = new Map<string, SkippedNode>();
  const opened = new OpenSteps(links, axesOf);
  const fits = withinLimits(ordered, links, axesOf, problems);
  for (const step of spec.steps.values()) {
    // Steps without known axes still have their own words checked.
    if (!fits || !axesOf.has(step.name)) compileStep(step, fits ? undefined : axesOf.get(step.name), scope);
  }
  const read = new Map<string, ReadonlySet<string>>();
  for (const step of fits ? ordered : []) {
    const axes = axesOf.get(step.name);
    if (axes === undefined) continue;
    const stepLinks = links.of.get(step.name) ?? [];
    const { instance, axesRead, sound } = compileStep(step, axes, scope);
    if (sound)
      reportUnusedAxes(step, { axes, links: stepLinks, axesOf, steps: spec.steps, read: axesRead }, problems);
    if (step.block !== undefined) read.set(step.name, axesRead);
    const sources = sourcesOf(step, stepLinks, axesOf);
    checkScan(step, axes, problems);
    if (countPlaces(axes) === 0) {
      const none = opened.none(step, axes);
      skipped.set(none.id, none);
      continue;
    }
    const [mayBeOpen, listed] = [opened.mayHave(step, axes), links.lists.has(step.name)];
    const inputs = sources.filter(({ role }) => role !== START);
    const chain = chainOf(step, links, axes, sources);
    const leavesOut = compileConditions(step, axes, scope.params, problems);
    for (const labels of placesOf(axes)) {
      const cause = mayBeOpen ? opened.cause(step, labels) : undefined;
      if (cause !== undefined) {
        nodes.push(opened.nodeOf(step, labels, cause));
        continue;
      }
      const taken: TakenInput[] = inputs.map(({ role, of }) => {
        return { role, source: withoutSkipped(of(labels), skipped) };
      });
      if (chain !== undefined) taken.push(...chain.of(labels));
      const reason = leavesOut(labels) ?? lacking(taken, skipped);
      if (reason !== undefined) {
        const one = skippedNode(step, labels, taken, reason);
        skipped.set(one.id, one);
        continue;
      }
      const node = nodeOf(step, labels, instance(labels), taken, chain?.startedByFile(labels));
      if (node !== undefined) nodes.push(listed ? { ...node, ...opened.listsOf(step, labels) } : node);
    }
  }
  if (fits && !problems.failed)
    reportUnusedBlockAxes(scope.blocks, { read, links: links.of, axesOf }, problems);
  return { nodes, skipped: [...skipped.values()] };
}

function nodeOf(
  step: StepSpec,
  place: Place,
  parts: StepParts,
  taken: readonly TakenInput[],
  started: readonly string[] = [],
): GraphNode | undefined {
  const { work, env, limits, environment, file } = parts;
  const inputs: NodeInput[] = [];
  for (const { role } of step.inputs) {
    const source =
      taken.find(other => other.role === role)?.source ?? file(started.includes(role) ? START : role);
    if (source !== undefined) inputs.push({ role, source });
  }
  if (work === undefined || inputs.length < step.inputs.length) return undefined;
  const { name, at } = step;
  const { resources, retries, timeoutMs } = limits;
  const node = {
    id: instanceId(name, place),
    step: name,
    labels: shownLabels(place),
    work,
    inputs,
    env,
    resources,
    retries,
    at,
  };
  return {
    ...node,
    ...(environment === undefined ? {} : { environment }),
    ...(step.block === undefined ? {} : { project: step.block.project }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(step.sandbox ? { sandbox: true as const } : {}),
    ...(step.network === undefined ? {} : { network: step.network }),
    ...(step.pass.length === 0 ? {} : { pass: step.pass }),
    ...(step.secrets.length === 0 ? {} : { secrets: step.secrets }),
    ...(step.repeats ? { repeats: true as const } : {}),
    ...(step.work === undefined || step.work.temporary.length === 0
      ? {}
      : { temporary: step.work.temporary }),
    ...(step.deterministic ? { deterministic: true as const } : {}),
  };
}

function withinLimits(
  ordered: readonly StepSpec[],
  links: Links,
  axesOf: ReadonlyMap<string, Grid>,
  problems: Problems,
): boolean {
  let instances = 0;
  let gathered = 0;
  for (const step of ordered) {
    const axes = axesOf.get(step.name);
    if (axes === undefined) continue;
    const count = countPlaces(axes);
    instances += count;
    for (const { from } of step.over.length === 0 ? [] : (links.of.get(step.name) ?? [])) {
      const grid = axesOf.get(from.name);
      if (grid !== undefined && count > 0)
        gathered += (count * countPlaces(grid)) / countPlaces(without(grid, step.over));
    }
    const [what, most] =
      instances > MAX_INSTANCES
        ? [`${instances} step instances`, MAX_INSTANCES]
        : [`${Math.round(gathered)} gathered inputs`, MAX_GATHERED];
    if (instances <= MAX_INSTANCES && gathered <= MAX_GATHERED) continue;
    const message = `with ${code(step.name)} there are ${what}; at most ${most} can be handled`;
    problems.add(
      "too-many-instances",
      message,
      keyAt("steps", step.name, step.matrix?.axes.size === 0 ? "inputs" : "matrix"),
    );
    return false;
  }
  return true;
}
