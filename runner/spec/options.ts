import { InternalError } from "../core/diagnostic.js";
import type { JsonObject } from "../core/json.js";
import { compileSchema, type ValidateFunction } from "./ajv.js";
import { explainErrors, type SchemaFault } from "./explain.js";
import type { Kind } from "./kinds.js";
import { code } from "./wording.js";

/** `with` held against its kind's schema: with defaults filled in, or what is wrong with it. */
export type CheckedOptions =
  { readonly value: JsonObject; readonly faults?: undefined } | { readonly faults: readonly SchemaFault[] };

export type OptionsCheck = (options: JsonObject) => CheckedOptions;

const checks = new WeakMap<Kind, Promise<OptionsCheck>>();

/** Compiles a kind's schema once. Throws what ajv throws if the schema itself is wrong. */
export function optionsCheck(kind: Kind): Promise<OptionsCheck> {
  let check = checks.get(kind);
  if (check === undefined) {
    check = compileSchema(kind.with, true).then(validate => memoized(kind, validate));
    checks.set(kind, check);
  }
  return check;
}

/** A built-in kind whose schema does not compile is a bug, a plug-in's was found when it was loaded. */
export async function loadedCheck(kind: Kind): Promise<OptionsCheck> {
  try {
    return await optionsCheck(kind);
  } catch (cause) {
    throw new InternalError(`the schema of ${kind.kind} cannot be compiled`, { cause });
  }
}

/** Most instances of a step have the same options. */
function memoized(kind: Kind, validate: ValidateFunction): OptionsCheck {
  const known = new Map<string, CheckedOptions>();
  return options => {
    const key = JSON.stringify(options);
    let checked = known.get(key);
    if (checked === undefined) {
      checked = check(kind, validate, key);
      known.set(key, checked);
    }
    return checked;
  };
}

function check(kind: Kind, validate: ValidateFunction, json: string): CheckedOptions {
  // Defaults are written into a copy of its own.
  const value = JSON.parse(json) as JsonObject;
  if (validate(value)) return { value };
  return { faults: explainErrors(validate.errors ?? [], value, `the options of ${code(kind.kind)}`) };
}
