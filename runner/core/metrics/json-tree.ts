import { quantityOf } from "../numbers/quantity.js";
import { BadMetrics, DEEPEST, type NumberEntry, type NumberTree } from "./number-tree.js";

/** The numbers of a JSON text in which NaN and the infinities may stand as Python's `json` writes them. Throws where it is not. */
export function jsonTree(text: string): NumberTree | undefined {
  return numbersIn(validJson(text));
}

/** UTF-8, without a mark of the byte order at its start. Throws where it is not. */
export function utf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function validJson(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const quoted = text.replace(STRING_OR_WORD, found => (found.startsWith('"') ? found : `"${found}"`));
    if (quoted === text) throw error;
    JSON.parse(quoted);
  }
  return text;
}

const STRING_OR_WORD = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/gs;

/** A mapping, or a list, that has begun. */
interface Open {
  readonly entries?: NumberEntry[];
  readonly items?: (NumberTree | undefined)[];
  /** Of a mapping: the key whose value comes next; undefined where a key comes next. */
  key?: string | undefined;
}

/** Walks over valid JSON, because `JSON.parse` keeps neither the first of two equal keys nor the spelling of a number. */
function numbersIn(json: string): NumberTree | undefined {
  const open: Open[] = [];
  let whole: NumberTree | undefined;
  const put = (value: NumberTree | undefined): void => {
    const top = open.at(-1);
    if (top === undefined) whole = value;
    top?.items?.push(value);
    top?.entries?.push([top.key ?? "", value]);
  };
  for (const [token] of json.matchAll(TOKEN)) {
    const top = open.at(-1);
    if (top?.entries !== undefined && top.key === undefined && token.startsWith('"'))
      top.key = JSON.parse(token) as string;
    else if (token === "{" || token === "[") {
      open.push(token === "{" ? { entries: [] } : { items: [] });
      if (open.length > DEEPEST) throw new BadMetrics(`it is nested deeper than ${DEEPEST} levels`);
    } else if (token === "}" || token === "]") {
      const { entries, items } = open.pop() ?? {};
      put(items === undefined ? { type: "map", entries: entries ?? [] } : { type: "list", items });
    } else if (token === ",") {
      if (top !== undefined) top.key = undefined;
    } else put(scalar(token));
  }
  return whole;
}

function scalar(token: string): NumberTree | undefined {
  const written = /^-?\d/.test(token);
  const value = written ? Number(token) : quantityOf(token.replace(/^"|"$/g, ""));
  return value === undefined ? undefined : { type: "number", value, ...(written ? { source: token } : {}) };
}

/** Texts, numbers, brackets, commas and words; colons are passed over. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN|true|false|null|-?\d[\d.eE+-]*|[{}[\],]/gs;
