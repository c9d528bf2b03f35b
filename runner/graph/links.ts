import { valueAt } from "../spec/place.js";
import type { Problems } from "../spec/problems.js";
import type { InputRef, PipelineSpec, StepSpec } from "../spec/spec.js";
import { alternatives, code } from "../spec/wording.js";

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

function outputsOf(step: StepSpec): readonly string[] | undefined {
  const { work } = step;
  if (work === undefined) return undefined;
  if (work.type === "command") return Object.keys(work.outputs);
  return work.kind && Object.keys(work.kind.outputs);
}
