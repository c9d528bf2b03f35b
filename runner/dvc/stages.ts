import type { JsonPath } from "../core/json.js";
import { isMapping, isSequence, textOf, type Written, type WrittenObject } from "../core/spelled.js";
import { keyAt, valueAt } from "../pipeline/document/place.js";
import type { Problems } from "../pipeline/document/problems.js";
import { code } from "../pipeline/mistakes/wording.js";
import { type Axis, type Instance, Spreader } from "./instances.js";
import type { Params } from "./dvc-params.js";

/** One stage of dvc.yaml, with every instance that its `foreach` or `matrix` makes. */
export interface Stage {
  readonly name: string;
  readonly description: string;
  /** In the order of the file. Empty: one instance. */
  readonly axes: readonly Axis[];
  readonly instances: readonly Instance[];
  readonly commands: readonly Text[];
  readonly wdir: Text;
  readonly deps: readonly Text[];
  readonly outs: readonly Out[];
  readonly params: readonly TrackedParams[];
}

/** A text with `${}` in it, and where it stands. */
export interface Text {
  readonly written: string;
  readonly at: JsonPath;
}

export interface Out extends Text {
  readonly metrics: boolean;
}

export interface TrackedParams {
  readonly file: string;
  /** Dotted names; undefined: all of the file. */
  readonly names: readonly string[] | undefined;
  readonly at: JsonPath;
}

const READ = ["cmd", "wdir", "deps", "outs", "metrics", "plots", "params", "vars", "foreach", "do", "matrix"];
const OF_NO_MATTER = ["desc", "meta"];
const ABSENT: Readonly<Record<string, string>> = {
  frozen: "a step cannot be frozen: its result is kept as long as its inputs stay as they are",
  always_changed: "no step runs when nothing changed: `vistas run --force STEP` runs it once more",
};

export function readStages(stages: WrittenObject, params: Params, problems: Problems): readonly Stage[] {
  const spreader = new Spreader(params, problems);
  return Object.entries(stages).flatMap(([name, written]) => {
    if (isMapping(written)) return [readStage(name, written, { params, problems, spreader })];
    problems.add("wrong-type", "a stage is a mapping", valueAt("stages", name));
    return [];
  });
}

interface Reading {
  readonly params: Params;
  readonly problems: Problems;
  readonly spreader: Spreader;
}

function readStage(name: string, whole: WrittenObject, { params, problems, spreader }: Reading): Stage {
  const inner = isMapping(whole["do"]) ? whole["do"] : {};
  const body: WrittenObject = { ...whole, ...inner };
  const placeOf = (key: string): JsonPath => ["stages", name, ...(key in inner ? ["do"] : []), key];
  for (const [key, value] of Object.entries(body)) {
    if (READ.includes(key) || OF_NO_MATTER.includes(key) || value === false) continue;
    const message = ABSENT[key] ?? `${code(key)} has no meaning here`;
    problems.add("not-carried", message, keyAt(...placeOf(key)), { severity: "warning" });
  }
  const scope = params.scope;
  for (const [i, entry] of listOf(body["vars"]).entries()) {
    const message =
      "variables of one stage that stand in a file are not read: list the file in `vars` at the top";
    if (isMapping(entry))
      for (const [key, value] of Object.entries(entry)) scope.set(key, { value, ref: undefined });
    else problems.add("not-carried", message, valueAt(...placeOf("vars"), i), { severity: "warning" });
  }
  if (body["cmd"] === undefined)
    problems.add("missing-key", `the stage ${code(name)} has no ${code("cmd")}`, keyAt("stages", name));
  const texts = (key: string): readonly Text[] =>
    listOf(body[key]).flatMap((entry, i) => textAt(entry, [...placeOf(key), i], problems));
  const outs = (key: string): readonly Out[] =>
    listOf(body[key]).flatMap((entry, i) => {
      const at = [...placeOf(key), i];
      // `metrics.json: { cache: false }`: how DVC stores it is of no matter here.
      const [path, flags] = isMapping(entry) ? (Object.entries(entry)[0] ?? [null, null]) : [entry, null];
      if (isMapping(flags) && flags["persist"] === true)
        problems.add(
          "not-carried",
          "a step begins with an empty folder: its last output is not there",
          valueAt(...at),
          {
            severity: "warning",
          },
        );
      return textAt(path, at, problems).map(text => ({ ...text, metrics: key === "metrics" }));
    });
  return {
    ...{ name, ...spreader.spread(name, whole, scope) },
    description: textOf(body["desc"] ?? null) ?? "",
    commands: isSequence(body["cmd"])
      ? texts("cmd")
      : body["cmd"] === undefined
        ? []
        : textAt(body["cmd"], placeOf("cmd"), problems),
    wdir: { written: textOf(body["wdir"] ?? ".") ?? ".", at: placeOf("wdir") },
    deps: texts("deps"),
    outs: [...outs("outs"), ...outs("metrics"), ...outs("plots")],
    params: listOf(body["params"]).flatMap((entry, i) => trackedParams(entry, [...placeOf("params"), i])),
  };
}

function trackedParams(entry: Written, at: JsonPath): readonly TrackedParams[] {
  if (typeof entry === "string") return [{ file: "params.yaml", names: [entry], at }];
  if (!isMapping(entry)) return [];
  return Object.entries(entry).map(([file, names]) => ({
    ...{ file, at },
    names: isSequence(names) ? names.map(name => textOf(name) ?? "") : undefined,
  }));
}

function textAt(entry: Written, at: JsonPath, problems: Problems): readonly Text[] {
  const written = textOf(entry);
  if (written !== undefined) return [{ written, at }];
  problems.add("wrong-type", "a text is expected here", valueAt(...at));
  return [];
}

export function listOf(written: Written | undefined): readonly Written[] {
  if (isSequence(written)) return written;
  // DVC takes a mapping of paths to flags for a list of such.
  if (isMapping(written)) return Object.entries(written).map(([key, value]) => ({ [key]: value }));
  return written === undefined || written === null ? [] : [written];
}
