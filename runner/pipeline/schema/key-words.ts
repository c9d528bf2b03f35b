import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import type { ErrorObject } from "./ajv.js";
import { code } from "../mistakes/wording.js";

/** The rule that a value broke, in words that follow "must be". */
export function ruleOf(error: ErrorObject): string {
  const { limit, multipleOf, pattern } = error.params as {
    limit?: number;
    multipleOf?: number;
    pattern?: string;
  };
  const most = limit ?? 0;
  switch (error.keyword) {
    case "minimum":
      return `at least ${most}`;
    case "maximum":
      return `at most ${most}`;
    case "exclusiveMinimum":
      return `greater than ${most}`;
    case "exclusiveMaximum":
      return `less than ${most}`;
    case "multipleOf":
      return `a multiple of ${multipleOf ?? 1}`;
    case "minLength":
      return most === 1 ? "a text that is not empty" : `a text of at least ${most} characters`;
    case "maxLength":
      return `a text of at most ${most} characters`;
    case "minItems":
      return `a list of at least ${most}`;
    case "maxItems":
      return `a list of at most ${most}`;
    case "minProperties":
      return `a mapping of at least ${most}`;
    case "maxProperties":
      return `a mapping of at most ${most}`;
    case "pattern":
      return `a text that matches ${code(pattern ?? "")}`;
    default:
      return `otherwise (${error.message ?? error.keyword})`;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
  null: "nothing",
};

/** A JSON type in the words of YAML. */
export function typeName(type: string): string {
  return TYPES[type] ?? type;
}

/** What would make the value of the right type. */
export function typeHint(value: Json, types: readonly string[]): string | undefined {
  if (types.includes("string") && (typeof value === "number" || typeof value === "boolean")) {
    return `in quotes it is a text: "${String(value)}"`;
  }
  const number = types.includes("number") || types.includes("integer");
  if (number && typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) {
    return `without quotes it is a number: ${value.trim()}`;
  }
  if (types.includes("boolean") && typeof value === "string") {
    const meant = /^(yes|on|true)$/i.test(value)
      ? "true"
      : /^(no|off|false)$/i.test(value)
        ? "false"
        : undefined;
    if (meant !== undefined) return `write ${code(meant)}`;
  }
  return undefined;
}

/** The alternatives of an `anyOf` or `oneOf`. */
export function branches(schema: JsonObject): readonly JsonObject[] {
  return [schema["anyOf"] ?? schema["oneOf"] ?? []].flat().filter(isObject);
}

/** What they accept, in words. */
export function branchNames(schema: JsonObject): string {
  const types = branches(schema).flatMap(branch => [branch["type"] ?? []].flat() as string[]);
  return types.length === 0
    ? "one of the forms that are allowed"
    : [...new Set(types)].map(typeName).join(" or ");
}

/** Whether the value's type alone rules out every alternative. */
export function matchesNoType(value: Json, schema: JsonObject): boolean {
  const actual = isList(value) ? "array" : value === null ? "null" : typeof value;
  const types = branches(schema).flatMap(branch => [branch["type"] ?? []].flat() as string[]);
  return types.length > 0 && !types.includes(actual) && !(actual === "number" && types.includes("integer"));
}
