import { isList, isObject, type Json, type JsonObject, type JsonPath } from "../../../core/json.js";
import { hasExpression, parseText } from "../../expressions/expression.js";
import type { OptionsCheck } from "../../schema/options.js";
import type { Params } from "../../expressions/params.js";
import type { Beside } from "../../document/document.js";
import type { Place } from "../../document/place.js";
import type { Problems } from "../../document/problems.js";
import type { SchemaFault } from "../../schema/schema-faults.js";

/** Where a step's options are checked. */
export interface OptionsSite {
  readonly step: string;
  /** As written, expressions in place. */
  readonly written: JsonObject;
  /** Whether the step has a `with:` at all, to point at. */
  readonly params: Params;
  readonly problems: Problems;
}

/**
 * Holds the options of one instance against its kind, and fills in defaults. A mistake is shown at the place where
 * the value is used; if the value came from a param, it says which, and where that is set.
 */
export function checkOptions(
  value: JsonObject,
  check: OptionsCheck,
  site: OptionsSite,
): JsonObject | undefined {
  const checked = check(value);
  if (checked.faults === undefined) return checked.value;
  for (const fault of checked.faults) report(fault, site);
  return undefined;
}

function report(fault: SchemaFault, { step, written, params, problems }: OptionsSite): void {
  const { path, expression, rest } = trace(written, fault.path);
  const at = ["steps", step, "with", ...path];
  const origin = expression === undefined ? undefined : originOf(expression, rest, params, { path: at });
  const message = origin === undefined ? fault.message : `${fault.message} (${origin.words})`;
  // Inside a value that came from elsewhere there is no key of ours to point at.
  const part = expression === undefined ? fault.part : "value";
  problems.add(fault.code, message, { path: at, part }, { hint: fault.hint, related: origin?.beside ?? [] });
}

/** The way down to a fault, as far as it was written here; the rest lies inside an expression's value. */
function trace(written: Json, path: JsonPath): { path: JsonPath; expression?: string; rest: JsonPath } {
  let at: Json | undefined = written;
  for (let i = 0; ; i++) {
    if (typeof at === "string" && hasExpression(at))
      return { path: path.slice(0, i), expression: at, rest: path.slice(i) };
    const segment = path[i];
    if (segment === undefined) return { path, rest: [] };
    at = isList(at)
      ? at[Number(segment)]
      : isObject(at) && Object.hasOwn(at, segment)
        ? at[segment]
        : undefined;
  }
}

function originOf(
  text: string,
  rest: JsonPath,
  params: Params,
  at: Place,
): { words: string; beside: readonly Beside[] } | undefined {
  const { pieces } = parseText(text);
  const reference = pieces.find(piece => typeof piece !== "string");
  if (reference === undefined) return undefined;
  if (reference.root !== "params") return { words: `from \`${reference.source}\``, beside: [] };
  // Which entry an axis chose is not known here: the table is where it came from.
  const exact = pieces.length === 1 && reference.choice === undefined;
  return params.origin(exact ? [...reference.path, ...rest] : reference.path, at);
}
