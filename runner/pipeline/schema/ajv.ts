import { createRequire } from "node:module";
import type { Ajv2020 as AjvClass, Options, ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject } from "../../core/json.js";

export type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";

/** Keywords of editors that say nothing about validity. */
const ANNOTATIONS = ["errorMessage", "markdownDescription", "defaultSnippets"];

const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  strict: true,
  // A schema may say `required` or `properties` beside a `type` that stands elsewhere.
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
  discriminator: true,
  // Unknown formats are the schema's mistake, but none are built in: they only inform.
  validateFormats: false,
  logger: false,
};

const instances = new Map<boolean, AjvClass>();
const require = createRequire(import.meta.url);

/**
 * Compiles a JSON Schema (2020-12), strictly: a keyword that ajv does not know is an error, as is a `default` that would
 * be ignored. `defaults`: validation fills defaults into the data it is given. Ajv is loaded at the first call, which
 * a run that has checked everything before never makes: loading and compiling take a tenth of a second.
 */
export function compileSchema(schema: JsonObject, defaults: boolean): ValidateFunction {
  let ajv = instances.get(defaults);
  if (ajv === undefined) {
    const { Ajv2020 } = require("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
    ajv = new Ajv2020({ ...OPTIONS, useDefaults: defaults });
    ajv.addVocabulary(ANNOTATIONS);
    instances.set(defaults, ajv);
  }
  return ajv.compile(schema);
}
