import { isMapping, type Written } from "../../core/spelled.js";
import type { PipelineDocument } from "../document/document.js";
import { entryOf, type Located, type Origin } from "./origin.js";

/** A step of which each text that may name another is replaced: its inputs, what a chain starts with, axes from an output. */
export function withReferences(step: Located, replace: (reference: Located) => Located): Located {
  const changed = withEntries(step, "inputs", replace);
  const started = withOne(changed, "start", replace);
  return withEntries(started, "matrix", axis =>
    isReference(entryIn(axis, "from")) ? withOne(axis, "from", replace) : axis,
  );
}

/** A range begins with a number. */
function isReference(value: Written | undefined): boolean {
  return typeof value === "string" && /^[A-Za-z_]/.test(value);
}

/** Each entry of a mapping under a key. */
function withEntries(step: Located, key: string, replace: (entry: Located) => Located): Located {
  const mapping = entryIn(step, key);
  if (!isMapping(mapping)) return step;
  const origin = entryOf(step.origin, key);
  const entries = new Map<string, Origin>();
  const value: Record<string, Written> = {};
  let [changed, moved] = [false, false];
  for (const [name, item] of Object.entries(mapping)) {
    const given = { value: item, origin: entryOf(origin, name) };
    const replaced = replace(given);
    value[name] = replaced.value;
    entries.set(name, replaced.origin);
    changed ||= replaced.value !== item;
    moved ||= replaced.origin !== given.origin;
  }
  if (moved) return withEntry(step, key, { value, origin: { ...origin, entries } });
  return changed ? withValue(step, key, value) : step;
}

function withOne(step: Located, key: string, replace: (entry: Located) => Located): Located {
  const value = entryIn(step, key);
  if (value === undefined) return step;
  const given = { value, origin: entryOf(step.origin, key) };
  const replaced = replace(given);
  if (replaced.origin !== given.origin) return withEntry(step, key, replaced);
  return replaced.value === value ? step : withValue(step, key, replaced.value);
}

/** Another value at the same place. */
function withValue(step: Located, key: string, value: Written): Located {
  return isMapping(step.value) ? { ...step, value: { ...step.value, [key]: value } } : step;
}

function entryIn({ value }: Located, key: string): Written | undefined {
  return isMapping(value) ? value[key] : undefined;
}

/** A program of a block runs in the environment that the block's file declares for all of its programs. */
export function withEnvironment(step: Located, document: PipelineDocument): Located {
  const { environment } = document.written;
  const needs = isMapping(step.value) && "run" in step.value && !("environment" in step.value);
  if (environment === undefined || !needs) return step;
  return withEntry(step, "environment", { value: environment, origin: { document, path: ["environment"] } });
}

function withEntry(step: Located, key: string, entry: Located): Located {
  if (!isMapping(step.value)) return step;
  const entries = new Map([...(step.origin.entries ?? []), [key, entry.origin] as const]);
  return { value: { ...step.value, [key]: entry.value }, origin: { ...step.origin, entries } };
}

/** A declared input is named by itself, or as `inputs.name`; else what the text names. */
export function inputOf(
  text: string,
  declared: ReadonlyMap<string, unknown>,
  { written: { steps } }: PipelineDocument,
): { from: string; output: string | undefined } {
  const { from, output } = partsOf(text);
  const isStep = isMapping(steps) && from in steps;
  if (from === "inputs" && !isStep && output !== undefined && declared.has(output))
    return { from: output, output: undefined };
  return { from, output };
}

/** `step.output`, or `step` alone. */
export function partsOf(text: string): { from: string; output: string | undefined } {
  const dot = text.indexOf(".");
  return dot === -1
    ? { from: text, output: undefined }
    : { from: text.slice(0, dot), output: text.slice(dot + 1) };
}
