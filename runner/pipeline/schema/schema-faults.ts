import { isList, isObject, type Json, type JsonObject, type JsonPath } from "../../core/json.js";
import type { ErrorObject } from "./ajv.js";
import type { Code } from "../mistakes/codes.js";
import { withoutEchoes } from "./echoes.js";
import { VARIABLE } from "./names.js";
import { branches, branchNames, matchesNoType, ruleOf, typeHint, typeName } from "./key-words.js";
import { alternatives, code, didYouMean, show } from "../mistakes/wording.js";

/** What a schema found wrong, in the user's words. */
export interface SchemaFault {
  readonly code: Code;
  /** From the root of what was validated. */
  readonly path: JsonPath;
  /** Whether the key at `path` is at fault, or its value. A missing key is the fault of the mapping's own key. */
  readonly part: "key" | "value";
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Ajv's errors (of `allErrors`, `verbose`) -> one fault a mistake. `what`: how to call the root. */
export function explainErrors(
  errors: readonly ErrorObject[],
  root: Json,
  what: string,
): readonly SchemaFault[] {
  return withoutEchoes(errors).flatMap(error => explain(error, root, what) ?? []);
}

function explain(error: ErrorObject, root: Json, what: string): SchemaFault | undefined {
  const path = pathOf(error.instancePath, root);
  const schema = error.parentSchema as JsonObject;
  const value = error.data as Json;
  const name = path.length === 0 ? what : code(String(path.at(-1)));
  const wrong = (rule: string, hint?: string): SchemaFault => {
    const own = schema["errorMessage"];
    const message =
      typeof own === "string" ? `${own}, not ${show(value)}` : `${name} must be ${rule}, not ${show(value)}`;
    return { code: "wrong-value", path, part: "value", message, hint };
  };
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties": {
      const params = error.params as { additionalProperty?: string; unevaluatedProperty?: string };
      const key = params.additionalProperty ?? params.unevaluatedProperty ?? "";
      const known = Object.keys((schema["properties"] ?? {}) as JsonObject);
      const given = valueAt(root, path);
      // What is there already is no likely spelling of something else.
      const free = known.filter(k => !(isObject(given) && Object.hasOwn(given, k)));
      const hint =
        didYouMean(key, free) ?? (known.length > 0 ? `there are ${alternatives(known, "and")}` : undefined);
      const where = path.length === 0 ? what : code(path.join("."));
      return {
        code: "unknown-key",
        path: [...path, key],
        part: "key",
        message: `${code(key)} is not a key of ${where}`,
        hint,
      };
    }
    case "required": {
      const { missingProperty } = error.params as { missingProperty: string };
      return { code: "missing-key", path, part: "key", message: `${name} has no ${code(missingProperty)}` };
    }
    case "dependentRequired": {
      const { property, missingProperty } = error.params as { property: string; missingProperty: string };
      const message = `${code(property)} belongs to a step with ${code(missingProperty)}`;
      const hint = INSTEAD[property];
      return { code: "misplaced-key", path: [...path, property], part: "key", message, hint };
    }
    case "propertyNames":
      return badName(error, path);
    case "type": {
      const types = [schema["type"] ?? []].flat() as string[];
      return { ...wrong(types.map(typeName).join(" or "), typeHint(value, types)), code: "wrong-type" };
    }
    case "enum":
    case "const": {
      const allowed = (error.params as { allowedValues?: Json[] }).allowedValues ?? [schema["const"] ?? null];
      const texts = allowed.map(v => (typeof v === "string" ? v : JSON.stringify(v)));
      const hint = typeof value === "string" ? didYouMean(value, texts) : undefined;
      return wrong(alternatives(texts), hint);
    }
    case "anyOf":
    case "oneOf": {
      const keys = branches(schema).map(branch => [branch["required"] ?? []].flat().map(String));
      if (keys.every(names => names.length === 1)) {
        // What extends something has been laid over it, and lacks these still.
        const lacking = keys.flat().filter(key => key !== "extends");
        const message = `${name} has neither ${alternatives(lacking, "nor")}`;
        return { code: "missing-key", path, part: "key", message };
      }
      return {
        ...wrong(branchNames(schema)),
        code: matchesNoType(value, schema) ? "wrong-type" : "wrong-value",
      };
    }
    case "not": {
      const both = isObject(schema["not"]) ? [schema["not"]["required"] ?? []].flat().map(String) : [];
      const last = both.at(-1);
      if (last === undefined) return wrong("something else");
      const message = `${name} cannot have ${alternatives(both, "and")} at once`;
      return { code: "misplaced-key", path: [...path, last], part: "key", message };
    }
    case "if":
      return undefined;
    case "uniqueItems": {
      const { i, j } = error.params as { i: number; j: number };
      const item = isList(value) ? show(value[i] ?? null) : "";
      const message = `${code(String(path.at(-1)))} holds ${item} twice`;
      return { code: "wrong-value", path: [...path, Math.max(i, j)], part: "value", message };
    }
    default:
      return wrong(ruleOf(error));
  }
}

/** What to write where a key does not belong. */
const INSTEAD: Readonly<Record<string, string>> = {
  scan: "write what its first instance takes: `start: ./init.json`, or an output of another step",
  repeats:
    'a kind draws all its random numbers from its seed: write `seed: "${{ matrix.seed }}"` under `with`, and `matrix: { seed: [0, 1, 2] }`',
};

function badName(error: ErrorObject, path: JsonPath): SchemaFault {
  const { propertyName } = error.params as { propertyName: string };
  const names = (error.parentSchema as JsonObject)["propertyNames"];
  const isVariable = isObject(names) && names["pattern"] === VARIABLE;
  return {
    code: "bad-name",
    path: [...path, propertyName],
    part: "key",
    message: `${code(propertyName)} cannot be a name here`,
    hint: `${isVariable ? "a variable's name is letters, digits and `_`" : "a name is letters, digits, `_` and `-`"}, and begins with a letter or \`_\``,
  };
}

function valueAt(root: Json, path: JsonPath): Json | undefined {
  let at: Json | undefined = root;
  for (const part of path) at = isList(at) ? at[Number(part)] : isObject(at) ? at[part] : undefined;
  return at;
}

/** A JSON pointer -> a path, with positions of lists as numbers. */
function pathOf(pointer: string, root: Json): JsonPath {
  let at: Json | undefined = root;
  return pointer
    .split("/")
    .slice(1)
    .map(part => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const segment = isList(at) ? Number(key) : key;
      at = isList(at) ? at[Number(key)] : isObject(at) ? at[key] : undefined;
      return segment;
    });
}
