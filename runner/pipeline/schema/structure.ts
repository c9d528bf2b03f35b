import { compileSchema, type ValidateFunction } from "./ajv.js";
import type { PipelineDocument } from "../document/document.js";
import { explainErrors } from "./schema-faults.js";
import type { Problems } from "../document/problems.js";
import { baseSchema } from "./pipeline-schema.js";

let compiled: ValidateFunction | undefined;

/**
 * Holds a document against the schema of pipeline files. Afterwards every part of it that no problem points at has
 * the form that the schema says; readers skip the rest. A text that proved valid before is not looked at again.
 */
export function validateStructure(document: PipelineDocument, problems: Problems): void {
  if (document.proven) return;
  compiled ??= compileSchema(baseSchema(), false);
  const validate = compiled;
  if (validate(document.value) && document.mistakes.length === 0) document.remember();
  for (const fault of explainErrors(validate.errors ?? [], document.value, "a pipeline")) {
    problems.add(fault.code, fault.message, { path: fault.path, part: fault.part }, { hint: fault.hint });
  }
}
