import type { Ajv2020 as AjvClass, Options, ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject } from "../core/json.js";

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

const instances = new Map<boolean, Promise<AjvClass>>();

/**
 * Compiles a JSON Schema (2020-12), strictly: a keyword that ajv does not know is an error, as is a `default` that would
 * be ignored. `defaults`: validation fills defaults into the data it is given. Ajv is loaded at the first call.
 */
export async function compileSchema(schema: JsonObject, defaults: boolean): Promise<ValidateFunction> {
  let instance = instances.get(defaults);
  if (instance === undefined) {
    instance = import("ajv/dist/2020.js").then(({ Ajv2020 }) => {
      const ajv = new Ajv2020({ ...OPTIONS, useDefaults: defaults });
      ajv.addVocabulary(ANNOTATIONS);
      return ajv;
    });
    instances.set(defaults, instance);
  }
  return (await instance).compile(schema);
}
