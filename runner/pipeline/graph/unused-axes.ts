import { isName } from "../schema/names.js";
import { keyAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import type { BlockScope } from "../steps/block-scopes.js";
import type { StepSpec } from "../steps/spec.js";
import { code } from "../mistakes/wording.js";
import type { Link } from "./links.js";
import type { Grid } from "../steps/grid.js";

/** What a step's axes are held against. */
export interface AxisUse {
  readonly axes: Grid;
  readonly links: readonly Link[];
  readonly axesOf: ReadonlyMap<string, Grid>;
  readonly steps: ReadonlyMap<string, StepSpec>;
  /** Axes that an expression reads where it can change the result. */
  readonly read: ReadonlySet<string>;
}

/**
 * Reports each axis of a step's own matrix that changes nothing in the step: neither an expression reads it nor an input
 * has it. Its instances would be one result under several labels, and look like independent repetitions. `repeats: true`
 * allows it, for a program that draws random numbers of its own.
 */
export function reportUnusedAxes(step: StepSpec, use: AxisUse, problems: Problems): void {
  if (step.repeats && use.axes.axes.size === 0) {
    const hint = "give it one: `matrix: { repeat: [0, 1, 2] }`";
    const message = `${code(step.name)} has no axis along which it could be repeated`;
    problems.add("missing-key", message, keyAt("steps", step.name, "repeats"), { hint });
  }
  if (step.repeats || (step.scan !== undefined && !use.axes.axes.has(step.scan))) return;
  for (const axis of [...(step.matrix?.axes.keys() ?? []), ...step.lists.map(list => list.axis)]) {
    // Those of a block are for all its steps together.
    if (!isName(axis) || step.block?.axes.includes(axis) === true) continue;
    if (
      axis === step.scan ||
      use.read.has(axis) ||
      use.links.some(({ from }) => use.axesOf.get(from.name)?.axes.has(axis))
    )
      continue;
    const message = `nothing in ${code(step.name)} reads the axis ${code(axis)}: its instances would be one and the same result`;
    problems.add("axis-unused", message, keyAt("steps", step.name, "matrix", axis), {
      hint: hintFor(step, axis),
      severity: namesFilesAlone(step, axis, use) ? "warning" : "error",
    });
  }
}

/** The same of the axes of a block: nothing in any of its steps depends on it. */
export function reportUnusedBlockAxes(
  blocks: readonly BlockScope[],
  use: {
    readonly read: ReadonlyMap<string, ReadonlySet<string>>;
    readonly links: ReadonlyMap<string, readonly Link[]>;
    readonly axesOf: ReadonlyMap<string, Grid>;
  },
  problems: Problems,
): void {
  const withAxes = blocks.filter(({ own }) => own !== undefined && own.axes.size > 0);
  for (const { block, own, read: given } of withAxes) {
    const isInner = (step: string): boolean => step.startsWith(`${block.name}/`);
    const inner = [...use.read].filter(([step]) => isInner(step));
    // What the block's steps take from each other has its axes in any case.
    const taken = inner
      .flatMap(([step]) => use.links.get(step) ?? [])
      .filter(({ from }) => !isInner(from.name));
    for (const axis of own?.axes.keys() ?? []) {
      if (given.includes(axis) || inner.some(([, read]) => read.has(axis))) continue;
      if (taken.some(({ from }) => use.axesOf.get(from.name)?.axes.has(axis))) continue;
      const message = `nothing in ${code(block.name)} depends on the axis ${code(axis)}: its instances would be one and the same result`;
      const hint = `give it to a param, such as \`with: { ${axis}: "\${{ matrix.${axis} }}" }\`, or take the axis out`;
      problems.addIn(block.user, "axis-unused", message, keyAt(...block.at, "matrix", axis), { hint });
    }
  }
}

/**
 * Labels that are texts, where no step along the axis has metrics that could be counted: they name the files of a gathering
 * step, and no number is taken for two.
 */
function namesFilesAlone(step: StepSpec, axis: string, { axesOf, steps }: AxisUse): boolean {
  if (step.matrix?.axes.get(axis)?.every(label => typeof label === "string") !== true) return false;
  return [...steps.values()].every(
    ({ name, work }) =>
      axesOf.get(name)?.axes.has(axis) !== true ||
      (work?.type === "command" && !Object.hasOwn(work.outputs, "metrics")),
  );
}

function hintFor({ name, work, resources, timeout, retries }: StepSpec, axis: string): string {
  const expression = `"\${{ matrix.${axis} }}"`;
  const limits = JSON.stringify([resources, timeout, retries]);
  const note = limits.includes(`matrix.${axis}`)
    ? "`resources`, `timeout` and `retries` change no result; "
    : "";
  if (work?.type === "kind") {
    const option = optionNamed(axis, work.kind?.with) ? `${axis}: ${expression}` : expression;
    return `${note}read it under \`with\`, such as \`${option}\`, or take the axis out`;
  }
  return `${note}read it in \`run\` or \`env\` as ${expression}, or take the axis out; a program that draws random numbers of its own is repeated by \`repeats: true\` at ${code(name)}`;
}

function optionNamed(axis: string, schema: unknown): boolean {
  const { properties } = (schema ?? {}) as { properties?: object };
  return properties !== undefined && Object.hasOwn(properties, axis);
}
