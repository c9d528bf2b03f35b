import { parseExpression } from "../../claims/language/parse.js";
import type { Json, JsonPath } from "../../core/json.js";
import type { Written } from "../../core/spelled.js";
import type { Problems } from "../document/problems.js";
import type { Condition } from "./spec.js";

/** `when:`, if there is one. What is neither a text nor true or false has been reported by the schema. */
export function readConditions(
  when: Json | Written | undefined,
  at: JsonPath,
  problems: Problems,
): readonly Condition[] {
  if (typeof when !== "string" && typeof when !== "boolean") return NO_CONDITIONS;
  const text = String(when);
  const parsed = parseExpression(text, "condition");
  if ("expression" in parsed)
    return [{ text, at, document: problems.document, expression: parsed.expression }];
  const { message, hint, span } = parsed.fault;
  problems.add("bad-condition", message, { path: at, within: span }, { hint });
  return NO_CONDITIONS;
}

const NO_CONDITIONS: readonly Condition[] = [];
