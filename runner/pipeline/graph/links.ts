import type { Kind } from "../schema/kinds.js";
import { type Place, valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { START, type InputRef, type ListRef, type PipelineSpec, type StepSpec } from "../steps/spec.js";
import { alternatives, code } from "../mistakes/wording.js";

/** An input that takes another step's output. */
export interface Link {
  readonly role: string;
  readonly from: StepSpec;
  /** Undefined where the step or its kind is in doubt. */
  readonly output: string | undefined;
}

/** An axis whose values are a list in another step's output. */
export interface ListLink {
  readonly axis: string;
  readonly from: StepSpec;
  readonly output: string;
  /** The way to the list in the output's JSON. */
  readonly keys: readonly string[];
  readonly written: string;
}

/** By name of the step: its inputs from other steps. `doubtful`: steps with an input that leads nowhere. */
export interface Links {
  readonly of: ReadonlyMap<string, readonly Link[]>;
  readonly lists: ReadonlyMap<string, readonly ListLink[]>;
  /** Of chained steps: inputs from the instance before. These are not among those of `of`. */
  readonly chains: ReadonlyMap<string, readonly Link[]>;
  readonly doubtful: ReadonlySet<string>;
}

/** What a step needs before it can begin: the steps, each with the place that says so. */
export function needsOf(step: StepSpec, { of, lists }: Links): readonly Need[] {
  const inputs = of.get(step.name) ?? [];
  const axes = lists.get(step.name) ?? [];
  return axes.length === 0 ? inputs : [...inputs, ...axes];
}

export type Need = Link | ListLink;

export function placeOfNeed(step: StepSpec, need: Need): Place {
  if ("axis" in need) return valueAt("steps", step.name, "matrix", need.axis);
  return placeOfInput(step, need.role);
}

export function placeOfInput({ name }: StepSpec, role: string): Place {
  return role === START ? valueAt("steps", name, "start") : valueAt("steps", name, "inputs", role);
}

/** Follows `step` and `step.output` references. */
export function linkSteps(spec: PipelineSpec, problems: Problems): Links {
  const of = new Map<string, readonly Link[]>();
  const lists = new Map<string, readonly ListLink[]>();
  const chains = new Map<string, readonly Link[]>();
  const doubtful = new Set<string>();
  for (const step of spec.steps.values()) {
    const links: Link[] = [];
    const chain: Link[] = [];
    for (const input of step.start === undefined ? step.inputs : [...step.inputs, step.start]) {
      if (input.type === "file") continue;
      const link = follow(step, input, spec, problems);
      if (link === undefined) doubtful.add(step.name);
      else if (link.from === step && step.scan !== undefined && input.role !== START) chain.push(link);
      else links.push(link);
    }
    of.set(step.name, links);
    if (chain.length > 0) chains.set(step.name, chain);
    const axes = step.lists.map(list => followList(step, list, spec, problems));
    if (axes.includes(undefined)) doubtful.add(step.name);
    else if (axes.length > 0) lists.set(step.name, axes as ListLink[]);
  }
  for (const step of spec.steps.values()) checkTypes(step, { of, chains }, spec, problems);
  return { of, lists, chains, doubtful };
}

function follow(
  step: StepSpec,
  input: InputRef & { type: "step" },
  spec: PipelineSpec,
  problems: Problems,
): Link | undefined {
  const { role } = input;
  const place = placeOfInput(step, role);
  const from = spec.steps.get(input.step);
  if (from === undefined) {
    const hint = problems.suggest(input.step, spec.steps.keys()) ?? "a file of yours begins with `./` or `/`";
    problems.add("unknown-step", `there is no step ${code(input.step)}`, place, { hint });
    return undefined;
  }
  const outputs = outputsOf(from);
  if (outputs === undefined) return { role, from, output: undefined };
  if (input.output === undefined) {
    const [only] = outputs;
    if (outputs.length === 1 && only !== undefined) return { role, from, output: only };
    if (outputs.length === 0) {
      problems.add("unknown-output", `the step ${code(from.name)} has no outputs`, place);
    } else {
      const choices = outputs.map(output => `${from.name}.${output}`);
      const message = `the step ${code(from.name)} has ${outputs.length} outputs: say which`;
      problems.add("ambiguous-output", message, place, { hint: `write ${alternatives(choices)}` });
    }
  } else if (outputs.includes(input.output)) {
    return { role, from, output: input.output };
  } else {
    const hint = problems.suggest(input.output, outputs) ?? `its outputs are ${alternatives(outputs, "and")}`;
    problems.add("unknown-output", `the step ${code(from.name)} has no output ${code(input.output)}`, place, {
      hint,
    });
  }
  // The step is known though its output is not: what depends on the axes can still be checked.
  return { role, from, output: undefined };
}

/** An output that holds the list, or keys in it: in `metrics` where no output is called so. */
function followList(
  step: StepSpec,
  { axis, step: name, path, written }: ListRef,
  spec: PipelineSpec,
  problems: Problems,
): ListLink | undefined {
  const place = valueAt("steps", step.name, "matrix", axis, "from");
  const from = spec.steps.get(name);
  if (from === undefined) {
    const hint = problems.suggest(name, spec.steps.keys()) ?? "write `{ from: STEP.OUTPUT }`";
    problems.add("unknown-step", `there is no step ${code(name)}`, place, { hint });
    return undefined;
  }
  const outputs = outputsOf(from);
  const [first, ...keys] = path;
  const [only] = outputs ?? [];
  if (outputs === undefined) return undefined;
  const link = { axis, from, written };
  if (from.work?.temporary.includes(first ?? only ?? "")) {
    const hint = "leave `temporary` out: the list says which instances there are, in every run";
    problems.add("bad-list", `${code(written)} is a temporary output`, place, { hint });
    return undefined;
  }
  if (first === undefined && outputs.length === 1 && only !== undefined)
    return { ...link, output: only, keys };
  if (first !== undefined && outputs.includes(first)) return { ...link, output: first, keys };
  if (first !== undefined && outputs.includes("metrics")) return { ...link, output: "metrics", keys: path };
  const known = outputs.map(output => `${from.name}.${output}`);
  const message =
    first === undefined
      ? `the step ${code(name)} has ${outputs.length} outputs: say which holds the list`
      : `the step ${code(name)} has no output ${code(first)}`;
  const near = first === undefined ? undefined : problems.suggest(first, outputs);
  problems.add("unknown-output", message, place, { hint: near ?? `write ${alternatives(known)}` });
  return undefined;
}

/** What kinds declare: that each role is given an output of a type that it accepts. */
function checkTypes(
  step: StepSpec,
  { of, chains }: Pick<Links, "of" | "chains">,
  spec: PipelineSpec,
  problems: Problems,
): void {
  const kind = kindOf(step);
  if (kind === undefined) return;
  const chain = chains.get(step.name) ?? [];
  const taken = [...(of.get(step.name) ?? []), ...chain].flatMap(({ role, from, output }) =>
    // What a chain starts with is taken as each of its inputs is.
    (role === START ? chain.map(link => link.role) : [role]).map(as => ({
      role: as,
      from,
      output,
      at: role,
    })),
  );
  for (const { role, from, output, at } of taken) {
    const accepts = kind.inputs[role]?.accepts ?? [];
    const type = output === undefined ? undefined : kindOf(from)?.outputs[output]?.type;
    if (type === undefined || accepts.length === 0 || accepts.includes(type)) continue;
    const takes = `the input ${code(role)} of ${code(kind.kind)} takes ${alternatives(accepts)}`;
    const given = code(`${from.name}.${output ?? ""}`);
    const message = `${takes}, and ${given} is of the type ${code(type)}`;
    const fitting = outputsOfType(accepts, spec).filter(({ step: other }) => !needs(other, step, of));
    const otherRole = Object.keys(kind.inputs).find(name => kind.inputs[name]?.accepts.includes(type));
    const hints = [
      fitting.length === 0
        ? `no other step here makes ${alternatives(accepts)}`
        : `${alternatives(fitting.map(fit => referenceTo(fit.step, fit.output)))} would fit`,
      ...(otherRole === undefined ? [] : [`the input ${code(otherRole)} takes ${code(type)}`]),
    ];
    const place = placeOfInput(step, at);
    problems.add("artifact-type", message, place, { hint: hints.join("; ") });
  }
}

function outputsOfType(types: readonly string[], spec: PipelineSpec): { step: StepSpec; output: string }[] {
  return [...spec.steps.values()].flatMap(step =>
    Object.entries(kindOf(step)?.outputs ?? {})
      .filter(([, { type }]) => type !== undefined && types.includes(type))
      .map(([output]) => ({ step, output })),
  );
}

/** Whether a step is another one, or takes something from it directly or through others. */
function needs(step: StepSpec, other: StepSpec, links: ReadonlyMap<string, readonly Link[]>): boolean {
  const seen = new Set<StepSpec>([step]);
  for (const each of seen) {
    if (each === other) return true;
    for (const { from } of links.get(each.name) ?? []) seen.add(from);
  }
  return false;
}

/** As a pipeline names an output: without the output's name where the step has one alone. */
function referenceTo(step: StepSpec, output: string): string {
  return outputsOf(step)?.length === 1 ? step.name : `${step.name}.${output}`;
}

function kindOf({ work }: StepSpec): Kind | undefined {
  return work?.type === "kind" ? work.kind : undefined;
}

function outputsOf(step: StepSpec): readonly string[] | undefined {
  const { work } = step;
  if (work === undefined) return undefined;
  if (work.type === "command") return Object.keys(work.outputs);
  return work.kind && Object.keys(work.kind.outputs);
}
