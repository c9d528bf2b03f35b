import { byCodeUnit } from "../../core/json.js";
import {
  isMapping,
  isSequence,
  isSpelled,
  plainOf,
  type Written,
  type WrittenObject,
} from "../../core/spelled.js";

/**
 * A value as JSON on one line: keys in code-unit order, no blanks. A number that the pipeline writes with a point or an
 * exponent keeps a point (`1.0`, `1.0e-7`), so that typed readers take it for a float, and those of YAML 1.1 for a number at all;
 * apart from that its spelling does not count.
 */
export function jsonText(value: Written): string {
  if (isSequence(value)) return `[${value.map(jsonText).join(",")}]`;
  if (!isMapping(value)) return scalarText(value);
  return `{${entriesOf(value)
    .map(([key, item]) => `${quoted(key)}:${jsonText(item)}`)
    .join(",")}}`;
}

/**
 * A value as a YAML document that readers of YAML 1.1 and 1.2 take alike: every text is in quotes, and every key that could be
 * taken for something else. Keys in code-unit order.
 *
 * Our own, as `tomlText` is, because these bytes are in keys: they must not change with a library, or cost its loading where
 * nothing runs.
 */
export function yamlText(value: Written): string {
  return isBranch(value) ? yamlLines(value).join("\n") + "\n" : `${jsonText(value)}\n`;
}

function yamlLines(value: readonly Written[] | WrittenObject): string[] {
  const under = (head: string, item: Written): string[] => {
    if (!isBranch(item)) return [`${head} ${jsonText(item)}`];
    const lines = yamlLines(item);
    // `- a: 1`, with what follows under the `a`.
    if (head === "-") return lines.map((line, i) => `${i === 0 ? "- " : "  "}${line}`);
    return [head, ...lines.map(line => `  ${line}`)];
  };
  if (isSequence(value)) return value.flatMap(item => under("-", item));
  return entriesOf(value).flatMap(([key, item]) => under(`${yamlKey(key)}:`, item));
}

/** With something in it: an empty list or mapping stands on the line of its key. */
function isBranch(value: Written): value is readonly Written[] | WrittenObject {
  if (isSequence(value)) return value.length > 0;
  return isMapping(value) && Object.keys(value).length > 0;
}

function yamlKey(key: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key)
    ? key
    : quoted(key);
}

/** A mapping as a TOML document, a table a mapping. The value may not hold nothing (`null`), which TOML lacks. */
export function tomlText(value: WrittenObject): string {
  return tomlTable(value, []).join("\n") + "\n";
}

function tomlTable(table: WrittenObject, path: readonly string[]): string[] {
  const entries = entriesOf(table);
  const tables = entries.filter((entry): entry is [string, WrittenObject] => isMapping(entry[1]));
  const own = entries
    .filter(([, item]) => !isMapping(item))
    .map(([key, item]) => `${tomlKey(key)} = ${tomlValue(item)}`);
  const head =
    path.length === 0 || (own.length === 0 && tables.length > 0) ? [] : [`[${path.map(tomlKey).join(".")}]`];
  return [...head, ...own, ...tables.flatMap(([key, item]) => tomlTable(item, [...path, key]))];
}

function tomlValue(value: Written): string {
  if (isSequence(value)) return `[${value.map(tomlValue).join(", ")}]`;
  if (!isMapping(value)) return scalarText(value);
  const entries = entriesOf(value).map(([key, item]) => `${tomlKey(key)} = ${tomlValue(item)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

function entriesOf(value: WrittenObject): [string, Written][] {
  return Object.entries(value).sort(([a], [b]) => byCodeUnit(a, b));
}

/** JSON's texts are texts of YAML and TOML too. */
function scalarText(value: Written): string {
  const plain = plainOf(value);
  if (typeof plain === "string") return quoted(plain);
  const json = JSON.stringify(plain);
  if (typeof plain !== "number") return json;
  const [mantissa = "", exponent] = json.split("e");
  const written = isSpelled(value) ? value.text : json;
  const isFloat = exponent !== undefined || (/[.eE]/.test(written) && !/^[+-]?0x/i.test(written));
  const whole = isFloat && !mantissa.includes(".") ? `${mantissa}.0` : mantissa;
  return exponent === undefined ? whole : `${whole}e${exponent}`;
}

/** As JSON has it, and with escapes for the characters that YAML or TOML would not take as they are. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
