import { isCollection, isScalar } from "yaml";
import { UsageError } from "../../core/diagnostic.js";
import { isMapping, isSequence, type Written } from "../../core/spelled.js";
import { hasExpression, paramPath } from "./expression.js";
import { isOpen, type Override } from "./overrides.js";
import { checkText, usageError } from "../document/file-text.js";
import { code } from "../mistakes/wording.js";
import { readAny } from "../document/yaml.js";

/**
 * `a.b=value` -> an override, whose value depends on what the pipeline declares there: a text is taken as it is given, a
 * number is a number, a list or mapping is written as in YAML (`[0, 1]`, `{ kind: gaussian }`). Throws a `UsageError` of
 * code `bad-set`.
 */
export function parseSet(option: string): Override {
  const equals = option.indexOf("=");
  const written = option.slice(0, equals).trim();
  if (equals < 1) throw bad(option, "it is not `name=value`", "write `--set sigma=0.5`");
  const path = paramPath(written);
  if (path === undefined) {
    throw bad(
      option,
      `${code(written)} is not the name of a param`,
      "write `--set sigma=0.5` or `--set a.b=1`",
    );
  }
  const given = option.slice(equals + 1);
  check(option, given);
  const value = (declared: Written): Written => valueOf(option, given, declared);
  return { origin: `--set ${option}`, path, value, set: { name: written, given } };
}

/** What the text means where `declared` stands in the pipeline. */
function valueOf(option: string, given: string, declared: Written): Written {
  if (typeof declared === "string" && !isOpen(declared)) return given;
  if (hasExpression(given)) return flow(option, given) ?? given;
  if (isSequence(declared) || (isMapping(declared) && !isOpen(declared))) return flow(option, given) ?? given;
  return flow(option, given) ?? scalar(option, given, isOpen(declared)) ?? given;
}

/** A list in `[ ]` or a mapping in `{ }`; undefined for a text that does not begin as one. */
function flow(option: string, given: string): Written | undefined {
  if (!/^\s*[[{]/.test(given)) return undefined;
  const read = readOr(given, message => {
    throw bad(option, `its value is not YAML: ${message}`);
  });
  const end = read?.root?.range?.[1] ?? 0;
  if (read === undefined || !isCollection(read.root) || given.slice(end).trim() !== "")
    throw bad(option, "its value is more than a list in `[ ]` or a mapping in `{ }`");
  return read.value;
}

/** A number, true, false or nothing, whole and plain; with `quotes` a text in quotes as well. Undefined for other texts. */
function scalar(option: string, given: string, quotes: boolean): Written | undefined {
  const text = given.trim();
  const quoted = /^(".*"|'.*')$/s.test(text);
  if (text === "" || (quoted ? !quotes : /[\s#&*!|>%@`'"]/.test(text))) return undefined;
  const read = readOr(text, message => {
    if (!quoted && /^[-+.0-9]/.test(text)) throw bad(option, message, "a number must survive as one");
  });
  if (read === undefined || !isScalar(read.root) || read.root.range?.[1] !== text.length) return undefined;
  return quoted || typeof read.value !== "string" ? read.value : undefined;
}

/** The YAML value of a text; undefined where it is none, after `refuse` was told why. */
function readOr(text: string, refuse: (message: string) => void) {
  try {
    const read = readAny(text, "");
    const [first] = read.mistakes;
    if (first === undefined) return read;
    refuse(first.message);
  } catch (error) {
    const [first] = error instanceof UsageError ? error.diagnostics : [];
    if (first === undefined || first.code === "bad-set") throw error;
    refuse(first.message);
  }
  return undefined;
}

/** A text comes as bytes: what is not UTF-8 has been replaced before anyone could see it. */
function check(option: string, given: string): void {
  if (given.includes("\ufffd")) throw bad(option, "its value is not UTF-8 text");
  try {
    checkText(given, "");
  } catch (error) {
    const [first] = error instanceof UsageError ? error.diagnostics : [];
    throw first === undefined ? error : bad(option, first.message);
  }
}

function bad(option: string, message: string, hint?: string): UsageError {
  const full = `${code(`--set ${option}`)}: ${message}`;
  return usageError({ code: "bad-set", message: full, file: "", ...(hint !== undefined && { hint }) });
}
