import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../core/json.js";
import type { Fingerprint, FingerprintInput } from "../core/record.js";
import { canonicalJson } from "./canonical.js";
import type { Difference } from "./difference.js";
import { changeText, escaped } from "./difference-text.js";
import { programDifferences } from "./program-facts.js";

/** Every difference between the fingerprint of a past result and the present one; none when the keys are equal. */
export function differences(past: Fingerprint, now: Fingerprint): Difference[] {
  const found: Difference[] = [];
  if (past.kind !== now.kind) found.push({ what: "kind", name: "uses", before: past.kind, after: now.kind });
  if (past.kind === "run" && now.kind === "run") {
    found.push(...mapDifferences("command", commandParts(past.with), commandParts(now.with)));
    found.push(...fileDifferences(past.with["files"], now.with["files"]));
  } else {
    found.push(...mapDifferences("parameter", flatten(past.with, "with"), flatten(now.with, "with")));
  }
  const code = mapDifferences("code", past.code, now.code);
  found.push(...code.map(module => ({ ...module, detail: verbOf(module) })));
  found.push(...inputDifferences(past.inputs, now.inputs));
  found.push(...mapDifferences("environment", variables(past), variables(now)));
  if (past.repeat !== now.repeat)
    found.push({ what: "repeat", name: "labels", before: past.repeat ?? null, after: now.repeat ?? null });
  found.push(...programDifferences(past, now));
  if (past.numeric !== now.numeric)
    found.push({ what: "engine", name: "numeric class", before: past.numeric, after: now.numeric });
  if (found.length > 0) return found;
  // Two values may have the same leaves, such as `{ a.b: 1 }` and `{ a: { b: 1 } }`.
  const [before, after] = [canonicalJson(past.with), canonicalJson(now.with)];
  if (before !== after) return [{ what: "parameter", name: "with", before, after }];
  const order = ({ inputs }: Fingerprint): string => inputs.map(nameOf).join(", ");
  return order(past) === order(now)
    ? found
    : [{ what: "input", name: "order", before: order(past), after: order(now) }];
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

function variables({ env, secrets = [] }: Fingerprint): Record<string, string> {
  return {
    ...Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value === null ? "(unset)" : valueText(value)]),
    ),
    ...Object.fromEntries(secrets.map(name => [name, "(secret)"])),
  };
}

/** Quoted where it would look like one of the words above, or like nothing. */
function valueText(value: string): string {
  return /^["(]|^\s|\s$|^$/.test(value) ? JSON.stringify(value) : value;
}

/** `views`, and of a gathered input `views[seed=0]`. */
function nameOf({ role, label }: FingerprintInput): string {
  return label === "" ? role : `${role}[${label}]`;
}

function inputDifferences(past: readonly FingerprintInput[], now: readonly FingerprintInput[]): Difference[] {
  const table = (inputs: readonly FingerprintInput[]): Map<string, FingerprintInput> =>
    new Map(inputs.map(input => [nameOf(input), input]));
  const [before, after] = [table(past), table(now)];
  return [...new Set([...before.keys(), ...after.keys()])].sort(byCodeUnit).flatMap((name): Difference[] => {
    const [a, b] = [before.get(name), after.get(name)];
    const detail = changeOf(a, b);
    if (detail === undefined) return [];
    // Another file in the same role.
    if (isFile(a) && isFile(b) && a.path !== b.path)
      return [{ what: "input", name, before: a.path, after: b.path }];
    const either = b ?? a;
    // The same file in another role has not changed: the roles have.
    const others = a === undefined ? past : b === undefined ? now : [];
    const file =
      either?.source === "file" && !others.some(({ path }) => isFile(either) && path === either.path);
    return [
      {
        what: file ? "file" : "input",
        name: file && either.path !== "" ? either.path : name,
        before: identity(a),
        after: identity(b),
        detail,
      },
    ];
  });
}

/** A file of the user that the step sees by its name. */
function isFile(input: FingerprintInput | undefined): input is FingerprintInput {
  return input?.source === "file" && input.path !== "";
}

function identity(input: FingerprintInput | undefined): string | null {
  if (input === undefined) return null;
  const { source, path, type, digest, sameAs } = input;
  return [source, path, type, digest, ...(sameAs === undefined ? [] : [`same as ${sameAs}`])]
    .join(" ")
    .trim();
}

/** What became of an input, in words that follow its name; undefined: nothing. */
function changeOf(a: FingerprintInput | undefined, b: FingerprintInput | undefined): string | undefined {
  if (a === undefined || b === undefined)
    return a === b ? undefined : verbOf({ before: identity(a), after: identity(b) });
  if (a.source !== b.source)
    return b.source === "file" ? "is a file now, not a step's output" : "is a step's output now, not a file";
  if (a.digest !== b.digest) return a.files && b.files ? changedFiles(a.files, b.files) : "changed";
  if (a.type !== b.type) return `changed: ${TYPES[a.type]} -> ${TYPES[b.type]}`;
  if (a.path !== b.path) return `has another name: ${changeText(a.path, b.path)}`;
  if (a.sameAs === b.sameAs) return undefined;
  return `is the same result as another input: ${changeText(a.sameAs ?? null, b.sameAs ?? null)}`;
}

/** Which files of a folder changed; of many the first. */
function changedFiles(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string {
  const found = mapDifferences("file", a, b).map(difference => {
    const { name, before, after } = difference;
    return `${escaped(name)} ${before === null ? "added" : after === null ? "removed" : "changed"}`;
  });
  const shown = found.slice(0, 3).join(", ");
  if (found.length <= 3) return shown === "" ? "changed" : `changed: ${shown}`;
  return `changed: ${shown} and ${found.length - 3} more`;
}

function verbOf({ before, after }: Pick<Difference, "before" | "after">): string {
  return before === null ? "was added" : after === null ? "was removed" : "changed";
}

const TYPES = { file: "file", executable: "executable file", tree: "folder" } as const;

function mapDifferences(
  what: Difference["what"],
  past: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Difference[] {
  return [...new Set([...Object.keys(past), ...Object.keys(now)])].sort(byCodeUnit).flatMap(name => {
    const [before, after] = [valueOf(past, name), valueOf(now, name)];
    return before === after ? [] : [{ what, name, before, after }];
  });
}

function valueOf(map: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(map, name) ? (map[name] ?? null) : null;
}

/** A command as people write it: its words with holes for paths, and the file name of each output. */
function commandParts({ form, command, outputs, ...others }: JsonObject): Record<string, string> {
  const hole = (part: Json): string => {
    if (!isObject(part)) return "";
    const { text, input, output } = part;
    // As it is escaped in a pipeline.
    if (typeof text === "string") return text.replaceAll("${{", "$${{");
    const [what, name] = typeof input === "string" ? ["inputs", input] : ["outputs", output];
    return `\${{ ${what}.${typeof name === "string" ? name : ""} }}`;
  };
  const words = isList(command) ? command.map(word => (isList(word) ? word.map(hole).join("") : "")) : [];
  const line =
    form === "argv"
      ? words.map(word => (/[\s"\\]|^$/.test(word) ? JSON.stringify(word) : word)).join(" ")
      : words.join("");
  return {
    run: line,
    "form of run": form === "argv" ? "a list of words" : "a line for the shell",
    ...(isObject(outputs) ? flatten(outputs, "outputs") : {}),
    ...flatten(withoutFiles(others), "run"),
  };
}

function withoutFiles(parts: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => name !== "files"));
}

/** What is written before a program starts: the values that differ; of values that are equal, the texts. */
function fileDifferences(past: Json | undefined, now: Json | undefined): Difference[] {
  const [before, after] = [isObject(past) ? past : {}, isObject(now) ? now : {}];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(byCodeUnit).flatMap(name => {
    const of = (files: JsonObject, what: "value" | "text"): Record<string, string> => {
      const file = files[name];
      if (!isObject(file)) return {};
      const named = what === "value" ? { [name]: file["value"] ?? null } : { [name]: file["text"] ?? null };
      return mapValues(flatten(named, "files"), text => text.replace(PATH_MARK, "${{ $1 }}"));
    };
    const values = mapDifferences("parameter", of(before, "value"), of(after, "value"));
    return values.length > 0 ? values : mapDifferences("parameter", of(before, "text"), of(after, "text"));
  });
}

/** The path of an input or output in a file's text, as JSON writes it. */
const PATH_MARK = /\\u0000((?:inputs|outputs)\.[\w-]+)\\u0000/g;

function mapValues(
  map: Readonly<Record<string, string>>,
  of: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, text]) => [name, of(text)]));
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

/** The differences, each with the param that made it: one whose own change is the very same, if there is one alone. */
export function attributed(
  found: readonly Difference[],
  past: JsonObject,
  now: JsonObject,
): readonly Difference[] {
  const changed = mapDifferences("parameter", flatten(past, "params"), flatten(now, "params"));
  if (changed.length === 0) return found;
  return found.map(difference => {
    const { what, before, after } = difference;
    if (before === null || after === null || !WRITTEN.has(what)) return difference;
    const [old, young] = what === "parameter" ? [before, after] : differingWords(before, after);
    const causes = changed.filter(param => saysTheSame(param.before, old) && saysTheSame(param.after, young));
    const [cause] = causes;
    if (cause === undefined || causes.length > 1) return difference;
    return { ...difference, param: cause.name, change: [cause.before ?? "", cause.after ?? ""] };
  });
}

/** What a pipeline's author writes, and so may make of a param. */
const WRITTEN: ReadonlySet<Difference["what"]> = new Set(["parameter", "command", "environment"]);

/** The shortest words, between blanks, quotes, `=` or commas, which hold all that differs. */
function differingWords(before: string, after: string): [string, string] {
  const least = Math.min(before.length, after.length);
  const isEdge = (character: string | undefined): boolean => /[\s'"=,]|^$/.test(character ?? "");
  let start = 0;
  while (start < least && before[start] === after[start]) start++;
  let end = 0;
  while (end < least - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  while (start > 0 && !isEdge(before[start - 1])) start--;
  while (end > 0 && !isEdge(before.at(-end))) end--;
  return [before.slice(start, before.length - end), after.slice(start, after.length - end)];
}

/** Of a param's value, as JSON, and a value or word: as JSON too, or as it stands in a text. */
function saysTheSame(json: string | null, written: string): boolean {
  return json !== null && (json === written || json === JSON.stringify(written));
}
