import { createHash } from "node:crypto";
import { InternalError } from "../../core/diagnostic.js";
import { isObject, type JsonObject } from "../../core/json.js";
import { compileSchema, type ValidateFunction } from "./ajv.js";
import type { DocumentCache } from "../document/document.js";
import { explainErrors, type SchemaFault } from "./schema-faults.js";
import type { Kind } from "./kinds.js";
import { code } from "../mistakes/wording.js";

/** `with` held against its kind's schema: with defaults filled in, or what is wrong with it. */
export type CheckedOptions =
  { readonly value: JsonObject; readonly faults?: undefined } | { readonly faults: readonly SchemaFault[] };

export type OptionsCheck = (options: JsonObject) => CheckedOptions;

/**
 * The check of a kind's options. Its schema is compiled when first needed: options that `cache` knows to be valid,
 * under this very schema, need no compiler. Throws an `InternalError` if the schema is wrong: a built-in kind's is a
 * bug, and a plug-in's was found when it was loaded (`checkSchema`).
 */
export function optionsCheck(kind: Kind, cache?: DocumentCache): OptionsCheck {
  const schema = JSON.stringify(kind.with);
  // Most instances of a step have the same options.
  const known = new Map<string, CheckedOptions>();
  return options => {
    const json = JSON.stringify(options);
    let checked = known.get(json);
    if (checked === undefined) {
      checked = remembered(schema, json, cache);
      if (checked === undefined) {
        checked = check(kind, json);
        if (checked.faults === undefined) cache?.put(hashOf(schema, json), checked.value);
      }
      known.set(json, checked);
    }
    return checked;
  };
}

/** Throws what ajv throws if a plug-in's schema is wrong. */
export function checkSchema(kind: Kind, cache?: DocumentCache): void {
  const hash = hashOf(JSON.stringify(kind.with));
  if (cache?.get(hash) === true) return;
  validator(kind);
  cache?.put(hash, true);
}

const validators = new WeakMap<Kind, ValidateFunction>();

function validator(kind: Kind): ValidateFunction {
  let validate = validators.get(kind);
  if (validate === undefined) validators.set(kind, (validate = compileSchema(kind.with, true)));
  return validate;
}

function check(kind: Kind, json: string): CheckedOptions {
  let validate: ValidateFunction;
  try {
    validate = validator(kind);
  } catch (cause) {
    throw new InternalError(`the schema of ${kind.kind} cannot be compiled`, { cause });
  }
  // Defaults are written into a copy of its own.
  const value = JSON.parse(json) as JsonObject;
  if (validate(value)) return { value };
  // What was written, without the defaults, says which spellings are still free.
  const written = JSON.parse(json) as JsonObject;
  return { faults: explainErrors(validate.errors ?? [], written, `the options of ${code(kind.kind)}`) };
}

function remembered(schema: string, json: string, cache?: DocumentCache): CheckedOptions | undefined {
  const value = cache?.get(hashOf(schema, json));
  return isObject(value) ? { value } : undefined;
}

/** To be raised with any change of what is valid or filled in beyond the schema itself. */
const FORMAT = "vistas-options-1";

function hashOf(...texts: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([FORMAT, ...texts]))
    .digest("hex");
}
