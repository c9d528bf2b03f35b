import { byCodeUnit } from "../../core/json.js";
import { defineStep, type JsonSchema, type StepDefinition } from "../../step-api.js";
import { isName } from "../schema/names.js";
import { outputNameFault } from "../expressions/output-names.js";
import type { Kind } from "../schema/kinds.js";

/**
 * A kind's definition as its author wrote it -> the one form that the runner reads. Used for built-in kinds and
 * plug-ins alike. Throws a `TypeError` that says what is wrong with the definition. The schema's own validity
 * is checked when it is first compiled (options.ts).
 */
export function kindOf(given: unknown, modulePath: string, plugin: boolean): Kind {
  if (typeof given !== "object" || given === null) {
    throw new TypeError("the default export must be `defineStep({...})`");
  }
  const definition = defineStep(given as StepDefinition);
  const inputs = entries(definition.inputs ?? {}, "inputs").map(([name, spec]) => {
    const accepts = typesOf(spec.accepts, `\`accepts\` of the input \`${name}\``);
    return [name, { doc: textOf(spec.doc), optional: spec.optional === true, accepts }] as const;
  });
  const outputs = entries(definition.outputs, "outputs").map(([name, spec]) => {
    const path = typeof spec.path === "string" ? spec.path : name;
    const fault = outputNameFault(path);
    if (fault !== undefined) throw new TypeError(`the path of the output \`${name}\` ${fault}`);
    const [type, ...others] = typesOf(spec.type, `\`type\` of the output \`${name}\``);
    if (others.length > 0) throw new TypeError(`the output \`${name}\` has more than one \`type\``);
    const output = { doc: textOf(spec.doc), path: path.replace(/\/+$/, "") };
    return [name, type === undefined ? output : { ...output, type }] as const;
  });
  if (outputs.length === 0) throw new TypeError("`outputs` must name at least one output");
  return {
    kind: definition.kind,
    summary: definition.summary,
    with: closed(definition.with),
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    numeric: definition.numeric === true,
    effort: definition.effort ?? [],
    module: modulePath,
    plugin,
  };
}

/** What a plug-in's author may have written of a role or output; plain JavaScript promises nothing. */
interface Loose {
  readonly doc?: unknown;
  readonly optional?: unknown;
  readonly path?: unknown;
  readonly accepts?: unknown;
  readonly type?: unknown;
}

/** One type or several; none where nothing is said. */
function typesOf(given: unknown, what: string): readonly string[] {
  const types: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given];
  return types.map(type => {
    if (typeof type !== "string" || !/^[a-z][a-z0-9-]*$/.test(type))
      throw new TypeError(`${what} must be a name of lower-case letters, digits and dashes`);
    return type;
  });
}

/** Roles or outputs in code-unit order, from a list of names or a record of descriptions or specs. */
function entries(
  given: StepDefinition["outputs"] | NonNullable<StepDefinition["inputs"]>,
  what: string,
): [string, Loose][] {
  const listed: [string, unknown][] = Array.isArray(given)
    ? given.map((name: unknown) => [String(name), {}])
    : Object.entries(given);
  return listed
    .map(([name, spec]): [string, Loose] => {
      if (!isName(name)) throw new TypeError(`\`${what}\` holds \`${name}\`, which cannot be a name`);
      return [name, typeof spec === "object" && spec !== null ? spec : { doc: spec }];
    })
    .sort(([a], [b]) => byCodeUnit(a, b));
}

function textOf(doc: unknown): string {
  return typeof doc === "string" ? doc : "";
}

/**
 * Options are closed unless the schema says otherwise: a misspelt option that is silently ignored would be a
 * wrong experiment. `unevaluatedProperties` also sees the options that an `if`/`then` or `allOf` declares.
 */
function closed(schema: JsonSchema): JsonSchema {
  if ("additionalProperties" in schema || "unevaluatedProperties" in schema)
    return { type: "object", ...schema };
  const composed = ["allOf", "anyOf", "oneOf", "if", "$ref", "dependentSchemas", "patternProperties"].some(
    keyword => keyword in schema,
  );
  return { type: "object", ...schema, [composed ? "unevaluatedProperties" : "additionalProperties"]: false };
}
