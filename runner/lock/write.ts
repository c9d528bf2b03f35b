import type { Json } from "../core/json.js";
import { byCodeUnit } from "../core/json.js";
import { jsonText } from "../core/numbers/quantity.js";
import { checkOf, type Lock, type LockedStep } from "./lock.js";

/**
 * A lock as text: JSON with one line for the run, one for the code of each kind, one for each step instance, sorted.
 * The comma stands before a line, so that a line more or less changes no other and version control can merge them.
 * Every line has a `check` of its own, and there is none of the whole: it would make every merge a conflict.
 */
export function renderLock({ pipeline, params, environment, engines, steps }: Lock): string {
  const codes = new Map<string, LockedStep["fingerprint"]["code"]>();
  for (const { fingerprint } of steps.values()) {
    if (Object.keys(fingerprint.code).length > 0)
      codes.set(codeName(fingerprint.kind, fingerprint.code), fingerprint.code);
  }
  const lines = [
    line("vistas", { format: FORMAT, pipeline, engines, params, environment }),
    ...[...codes].sort(([a], [b]) => byCodeUnit(a, b)).map(([name, modules]) => line(name, { modules })),
    ...[...steps].map(([id, step]) => line(`step:${id}`, stepBody(step))),
  ];
  return `{${lines.join("\n,")}\n}\n`;
}

export const FORMAT = 1;

/** The check covers the line's name: a line that was moved to another step is found out too. */
export function lineCheck(name: string, body: Readonly<Record<string, unknown>>): string {
  return checkOf([name, body]);
}

/** The code of a kind, by its content: two versions of it may be part of one run. */
export function codeName(kind: string, code: Readonly<Record<string, string>>): string {
  return `code:${kind}:${checkOf(code)}`;
}

function stepBody({ key, fingerprint, outputs, metrics, label }: LockedStep): Record<string, unknown> {
  const { kind, code, with: options, inputs, env, repeat, secrets, programs, numeric } = fingerprint;
  return {
    kind,
    key,
    ...(label !== undefined && { label }),
    metrics,
    outputs,
    ...(Object.keys(code).length > 0 && { code: codeName(kind, code) }),
    ...(numeric !== "" && { numeric }),
    with: options,
    inputs,
    ...(Object.keys(env).length > 0 && { env }),
    ...(repeat !== undefined && { repeat }),
    ...(secrets !== undefined && { secrets }),
    ...(programs !== undefined && { programs }),
  };
}

function line(name: string, body: Record<string, unknown>): string {
  // Through JSON, so that what is checked is what is written.
  const plain = JSON.parse(jsonText(body)) as Record<string, Json>;
  return `${JSON.stringify(name)}:${JSON.stringify({ ...plain, check: lineCheck(name, plain) })}`;
}
