import type { Kind } from "../schema/kinds.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import type { InputRef, PipelineSpec, StepSpec } from "../steps/spec.js";
import { alternatives, code } from "../mistakes/wording.js";

/** An input that takes another step's output. */
export interface Link {
  readonly role: string;
  readonly from: StepSpec;
  /** Undefined where the step or its kind is in doubt. */
  readonly output: string | undefined;
}

/** By name of the step: its inputs from other steps. `doubtful`: steps with an input that leads nowhere. */
export interface Links {
  readonly of: ReadonlyMap<string, readonly Link[]>;
  readonly doubtful: ReadonlySet<string>;
}

/** Follows `step` and `step.output` references. */
export function linkSteps(spec: PipelineSpec, problems: Problems): Links {
  const of = new Map<string, readonly Link[]>();
  const doubtful = new Set<string>();
  for (const step of spec.steps.values()) {
    const links: Link[] = [];
    for (const input of step.inputs) {
      if (input.type === "file") continue;
      const link = follow(step, input, spec, problems);
      if (link === undefined) doubtful.add(step.name);
      else links.push(link);
    }
    of.set(step.name, links);
  }
  for (const step of spec.steps.values()) checkTypes(step, of, spec, problems);
  return { of, doubtful };
}

function follow(
  step: StepSpec,
  input: InputRef & { type: "step" },
  spec: PipelineSpec,
  problems: Problems,
): Link | undefined {
  const { role } = input;
  const place = valueAt("steps", step.name, "inputs", role);
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

/** What kinds declare: that each role is given an output of a type that it accepts. */
function checkTypes(
  step: StepSpec,
  links: ReadonlyMap<string, readonly Link[]>,
  spec: PipelineSpec,
  problems: Problems,
): void {
  const kind = kindOf(step);
  if (kind === undefined) return;
  for (const { role, from, output } of links.get(step.name) ?? []) {
    const accepts = kind.inputs[role]?.accepts ?? [];
    const type = output === undefined ? undefined : kindOf(from)?.outputs[output]?.type;
    if (type === undefined || accepts.length === 0 || accepts.includes(type)) continue;
    const takes = `the input ${code(role)} of ${code(kind.kind)} takes ${alternatives(accepts)}`;
    const given = code(`${from.name}.${output ?? ""}`);
    const message = `${takes}, and ${given} is of the type ${code(type)}`;
    const fitting = outputsOfType(accepts, spec).filter(({ step: other }) => !needs(other, step, links));
    const otherRole = Object.keys(kind.inputs).find(name => kind.inputs[name]?.accepts.includes(type));
    const hints = [
      fitting.length === 0
        ? `no other step here makes ${alternatives(accepts)}`
        : `${alternatives(fitting.map(fit => referenceTo(fit.step, fit.output)))} would fit`,
      ...(otherRole === undefined ? [] : [`the input ${code(otherRole)} takes ${code(type)}`]),
    ];
    const place = valueAt("steps", step.name, "inputs", role);
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
