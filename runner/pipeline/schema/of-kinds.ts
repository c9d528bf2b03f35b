import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import type { Kind } from "./kinds.js";

/** For editors: a step's schema with what each kind takes, as one `if`/`then` a kind beside the general rules. */
export function stepWithKinds(step: JsonObject, kinds: readonly Kind[]): JsonObject {
  const properties = step["properties"] as JsonObject;
  const uses = properties["uses"] as JsonObject;
  const names = kinds.map(({ kind, summary }) => ({ const: kind, description: summary }));
  return {
    ...step,
    properties: {
      ...properties,
      // The second form lets kinds of plug-ins pass, of which the schema cannot know.
      uses: { ...uses, anyOf: [...names, { type: "string", minLength: 1 }] },
    },
    allOf: [
      ...(step["allOf"] as JsonObject[]),
      ...kinds.map(kind => ({
        if: { properties: { uses: { const: kind.kind } }, required: ["uses"] },
        then: thenOf(kind),
      })),
    ],
  };
}

function thenOf(kind: Kind): JsonObject {
  const roles = Object.entries(kind.inputs);
  const inputs = Object.fromEntries(
    roles.map(([role, { doc }]) => [role, { type: "string", description: doc }]),
  );
  const required = roles.filter(([, { optional }]) => !optional).map(([role]) => role);
  const outputs = Object.entries(kind.outputs).map(([name, { doc }]) => `- \`${name}\`: ${doc}`);
  const options = withExpressions(kind.with) as JsonObject;
  const mustHave = isList(options["required"]) && options["required"].length > 0 ? ["with"] : [];
  return {
    description: `${kind.summary}\n\nOutputs:\n${outputs.join("\n")}`,
    properties: {
      with: { ...options, description: `Options of ${kind.kind}: ${kind.summary}` },
      inputs: { type: "object", properties: inputs, required, additionalProperties: false },
    },
    required: [...mustHave, ...(required.length > 0 ? ["inputs"] : [])],
  };
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const ONE = ["items", "additionalProperties", "unevaluatedProperties", "then", "else"];
const MANY = ["allOf", "anyOf", "oneOf", "prefixItems"];
const NAMED = ["properties", "patternProperties", "dependentSchemas", "$defs"];

/** Any option may be an expression instead, whose value is checked when it is known. Conditions stay as they are. */
function withExpressions(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const inner: Record<string, Json> = { ...schema };
  for (const keyword of ONE) {
    const value = schema[keyword];
    if (isObject(value))
      inner[keyword] =
        keyword === "items" || keyword.endsWith("Properties") ? orExpression(value) : withExpressions(value);
  }
  for (const keyword of MANY) {
    const value = schema[keyword];
    if (isList(value)) inner[keyword] = value.map(keyword === "prefixItems" ? orExpression : withExpressions);
  }
  for (const keyword of NAMED) {
    const value = schema[keyword];
    if (!isObject(value)) continue;
    inner[keyword] = Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, orExpression(item)]),
    );
  }
  return inner;
}

function orExpression(schema: Json): Json {
  if (!isObject(schema) || schema["type"] === "string" || "const" in schema) return withExpressions(schema);
  const { description, default: standard, examples, ...rest } = schema;
  return {
    ...(description !== undefined && { description }),
    ...(standard !== undefined && { default: standard }),
    ...(examples !== undefined && { examples }),
    anyOf: [withExpressions(rest), { type: "string", pattern: "\\$\\{\\{" }],
  };
}
