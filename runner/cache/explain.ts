import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../core/json.js";
import type { Fingerprint, FingerprintInput } from "../core/record.js";
import { canonicalJson } from "./canonical.js";

/** One thing that makes two keys differ. `before` or `after` is null where one side lacks it. */
export interface Difference {
  readonly what:
    "kind" | "repeat" | "parameter" | "command" | "input" | "file" | "code" | "environment" | "engine";
  /** `with.sigma`, `inputs.views`, `./analyse.py`, a module, a variable. */
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Every difference between the fingerprint of a past result and the present one; none when the keys are equal. */
export function differences(past: Fingerprint, now: Fingerprint): Difference[] {
  const found: Difference[] = [];
  if (past.kind !== now.kind) found.push({ what: "kind", name: "uses", before: past.kind, after: now.kind });
  if (past.kind === "run" && now.kind === "run") {
    found.push(...mapDifferences("command", commandParts(past.with), commandParts(now.with)));
  } else {
    found.push(...mapDifferences("parameter", flatten(past.with, "with"), flatten(now.with, "with")));
  }
  found.push(...mapDifferences("code", past.code, now.code));
  found.push(...inputDifferences(past.inputs, now.inputs));
  found.push(...mapDifferences("environment", variables(past), variables(now)));
  if (past.repeat !== now.repeat)
    found.push({ what: "repeat", name: "labels", before: past.repeat ?? null, after: now.repeat ?? null });
  if (past.numeric !== now.numeric)
    found.push({ what: "engine", name: "numeric class", before: past.numeric, after: now.numeric });
  return found;
}

/** The past fingerprint with the fewest differences from `now`; among equals the first. */
export function nearestPast<T extends { readonly fingerprint: Fingerprint }>(
  now: Fingerprint,
  candidates: Iterable<T>,
): { past: T; differences: Difference[] } | undefined {
  let best: { past: T; differences: Difference[] } | undefined;
  for (const past of candidates) {
    const found = differences(past.fingerprint, now);
    if (best === undefined || found.length < best.differences.length) best = { past, differences: found };
  }
  return best;
}

/** `parameter with.sigma: 0.3 -> 0.5` */
export function differenceText({ what, name, before, after }: Difference): string {
  if (what === "file" || what === "input" || what === "code") {
    const verb = before === null ? "was added" : after === null ? "was removed" : "changed";
    return `${what} ${name} ${verb}`;
  }
  const show = (value: string | null): string => (value === null ? "(none)" : short(value));
  return `${what} ${name}: ${show(before)} -> ${show(after)}`;
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function variables({ env, secrets = [] }: Fingerprint): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? "(unset)"])),
    ...Object.fromEntries(secrets.map(name => [name, "(secret)"])),
  };
}

function inputDifferences(past: readonly FingerprintInput[], now: readonly FingerprintInput[]): Difference[] {
  const table = (inputs: readonly FingerprintInput[]): Map<string, FingerprintInput> =>
    new Map(inputs.map(i => [i.label === "" ? i.role : `${i.role}[${i.label}]`, i]));
  const [before, after] = [table(past), table(now)];
  return [...new Set([...before.keys(), ...after.keys()])].sort(byCodeUnit).flatMap(name => {
    const [a, b] = [before.get(name), after.get(name)];
    const identity = (i: FingerprintInput | undefined): string | null =>
      i === undefined
        ? null
        : `${i.path} ${i.type} ${i.digest} ${i.sameAs === undefined ? "" : `same as ${i.sameAs}`}`.trim();
    if (identity(a) === identity(b) && a?.source === b?.source) return [];
    const file = (b ?? a)?.source === "file";
    return [
      {
        what: file ? "file" : "input",
        name: file ? ((b ?? a)?.path ?? name) : name,
        before: identity(a),
        after: identity(b),
      } as const,
    ];
  });
}

function mapDifferences(
  what: Difference["what"],
  past: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Difference[] {
  return [...new Set([...Object.keys(past), ...Object.keys(now)])].sort(byCodeUnit).flatMap(name => {
    const [before, after] = [past[name] ?? null, now[name] ?? null];
    return before === after ? [] : [{ what, name, before, after }];
  });
}

/** A command as people write it: its words with holes for paths, and the file name of each output. */
function commandParts({ form, command, outputs }: JsonObject): Record<string, string> {
  const hole = (part: Json): string => {
    if (!isObject(part)) return "";
    const { text, input, output } = part;
    if (typeof text === "string") return text;
    return typeof input === "string"
      ? `{inputs.${input}}`
      : `{outputs.${typeof output === "string" ? output : ""}}`;
  };
  const words = isList(command) ? command.map(word => (isList(word) ? word.map(hole).join("") : "")) : [];
  const line =
    form === "argv"
      ? words.map(word => (/\s|^$/.test(word) ? JSON.stringify(word) : word)).join(" ")
      : words.join("");
  return { run: line, ...(isObject(outputs) ? flatten(outputs, "outputs") : {}) };
}

/** Leaves by dotted path, so that a change deep inside is named by itself. */
function flatten(value: JsonObject, prefix: string): Record<string, string> {
  const out: Record<string, string> = {};
  const visit = (v: Json, path: string): void => {
    if (isObject(v) && Object.keys(v).length > 0)
      for (const key of Object.keys(v)) visit(v[key] ?? null, `${path}.${key}`);
    else if (isList(v) && v.some(item => typeof item === "object" && item !== null))
      v.forEach((item, i) => visit(item, `${path}[${i}]`));
    else out[path] = canonicalJson(v);
  };
  for (const key of Object.keys(value)) visit(value[key] ?? null, `${prefix}.${key}`);
  return out;
}
