import { isCollection } from "yaml";
import { UsageError } from "../core/diagnostic.js";
import type { Json } from "../core/json.js";
import { parseText } from "./expression.js";
import type { Override } from "./overrides.js";
import { usageError } from "./text.js";
import { code } from "./wording.js";
import { readAny } from "./yaml.js";

/**
 * `a.b=value` -> an override. The value is a YAML scalar or flow value (`0.3`, `[0, 1]`, `{ kind: gaussian }`);
 * nothing after the `=` is the empty text. Throws a `UsageError` of code `bad-set`.
 */
export function parseSet(option: string): Override {
  const equals = option.indexOf("=");
  const written = option.slice(0, equals).trim();
  if (equals < 1) throw bad(option, "it is not `name=value`", "write `--set sigma=0.5`");
  // The name is a path as in expressions.
  const { pieces } = parseText(`\${{ params.${written} }}`);
  const [name] = pieces;
  if (pieces.length !== 1 || name === undefined || typeof name === "string" || name.choice !== undefined) {
    throw bad(
      option,
      `${code(written)} is not the name of a param`,
      "write `--set sigma=0.5` or `--set a.b=1`",
    );
  }
  return { origin: `--set ${option}`, path: name.path, value: valueOf(option, option.slice(equals + 1)) };
}

function valueOf(option: string, text: string): Json {
  if (text === "") return "";
  const quoting = `put a text in quotes of its own: --set 'name="..."'`;
  try {
    const { root, value, mistakes } = readAny(text, "");
    if (root === null || (isCollection(root) && root.flow !== true)) {
      throw bad(option, "its value is not a scalar, a list in `[ ]` or a mapping in `{ }`", quoting);
    }
    const [first] = mistakes;
    if (first !== undefined) throw bad(option, first.message, first.hint);
    return value;
  } catch (error) {
    const [first] = error instanceof UsageError ? error.diagnostics : [];
    if (first === undefined || first.code === "bad-set") throw error;
    throw bad(option, `its value is not YAML: ${first.message}`, quoting);
  }
}

function bad(option: string, message: string, hint?: string): UsageError {
  const full = `${code(`--set ${option}`)}: ${message}`;
  return usageError({ code: "bad-set", message: full, file: "", ...(hint !== undefined && { hint }) });
}
