import { lossOf } from "./number-loss.js";
import { quantityOf } from "./quantity.js";

/** What an output called `metrics` holds. */
export interface MetricsInFile {
  /** Numbers by dotted name; none where there is a `fault` or a `clash`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Why the file gives no metrics although its step may have done well. */
  readonly fault?: string;
  /** Why the step has failed: two of its numbers have one name. */
  readonly clash?: string;
  /** Of numbers that are no metrics, or not as they are written. */
  readonly remarks: readonly string[];
}

/** Whether an output called `metrics` that was written under this name is read. */
export function holdsMetrics(path: string): boolean {
  return path.endsWith(".json");
}

/** The numbers in an output called `metrics`, by dotted name: when it was made, and whenever it is verified. */
export function readMetrics(bytes: Uint8Array): MetricsInFile {
  const without = (fault: string): MetricsInFile => ({
    ...{ metrics: {}, remarks: [] },
    fault: `the output metrics was kept, but ${fault}`,
  });
  let json: string;
  try {
    json = validJson(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return without(`it is not JSON, so the step has no metrics: ${why}`);
  }
  if (!/^\s*\{/.test(json))
    return without("it is no mapping of names to numbers, so the step has no metrics");
  const metrics = new Map<string, number>();
  const lost: string[] = [];
  const lists = new Map<string, number>();
  for (const { name, list, value, source } of numbersIn(json)) {
    if (list !== undefined) {
      lists.set(list, (lists.get(list) ?? 0) + 1);
      continue;
    }
    const before = metrics.get(name);
    if (value === undefined || before !== undefined) {
      const both = value === undefined || before === undefined ? "" : `: ${before} and ${value}`;
      const clash = `the output metrics has two values under the one name ${JSON.stringify(name)}${both}; rename one of them`;
      return { metrics: {}, clash, remarks: [] };
    }
    metrics.set(name, value);
    const loss = source === undefined || isExact(source, value) ? undefined : lossOf(source, value);
    if (loss !== undefined) lost.push(`the metric ${name}: ${source} ${loss}; it counts as ${value}`);
  }
  if (metrics.size > MOST_METRICS)
    return without(
      `it holds ${metrics.size} numbers, more than the ${MOST_METRICS} that a step may have as metrics, so it has none: put what is no result in an output of its own`,
    );
  return { metrics: Object.fromEntries(metrics), remarks: [...shortened(lost), ...listRemark(lists)] };
}

/** A whole number beyond 2^53 may be a float all the same. */
function isExact(source: string, value: number): boolean {
  return /^-?\d+$/.test(source) && Number.isFinite(value) && BigInt(source) === BigInt(value);
}

function listRemark(lists: ReadonlyMap<string, number>): string[] {
  if (lists.size === 0) return [];
  const names = [...lists].map(([name, numbers]) => `${name} (${numbers})`);
  return [`numbers in lists are no metrics: ${shortened(names).join(", ")}`];
}

/** Of many texts the first ones. */
function shortened(texts: readonly string[]): string[] {
  return texts.length <= 5 ? [...texts] : [...texts.slice(0, 5), `and ${texts.length - 5} more`];
}

/** More than anyone looks at; each is shown, compared and kept in records. */
const MOST_METRICS = 100_000;

/**
 * The text, which is JSON, but for NaN and the infinities as Python's `json` writes them; a mark of the byte order at its
 * start is left out. Throws where it is not.
 */
function validJson(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
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

/** A number in the text; without a value, a key that its mapping has twice. */
interface Found {
  readonly name: string;
  /** The outermost list that it lies in. */
  readonly list: string | undefined;
  readonly value?: number;
  /** As it is written, unless it is a text or a word such as NaN. */
  readonly source?: string;
}

/** A mapping, or a list, that has begun. */
interface Open {
  readonly name: string;
  readonly list: string | undefined;
  /** Of a mapping: its keys so far. */
  readonly keys?: Set<string>;
  /** Of a mapping: the key whose value comes next; undefined where a key comes next. */
  key?: string | undefined;
}

/** Walks over valid JSON, because `JSON.parse` keeps neither the first of two equal keys nor the spelling of a number. */
function* numbersIn(json: string): Generator<Found> {
  const open: Open[] = [];
  for (const [token] of json.matchAll(TOKEN)) {
    const top = open.at(-1);
    const list = top?.list;
    if (top?.keys !== undefined && top.key === undefined && token.startsWith('"')) {
      top.key = JSON.parse(token) as string;
      if (top.keys.has(top.key)) yield { name: nameIn(top), list };
      top.keys.add(top.key);
    } else if (token === "{") open.push({ name: nameIn(top), list, keys: new Set() });
    else if (token === "[") open.push({ name: nameIn(top), list: list ?? nameIn(top) });
    else if (token === "}" || token === "]") open.pop();
    else if (token === ",") {
      if (top !== undefined) top.key = undefined;
    } else {
      const written = /^-?\d/.test(token);
      const value = written ? Number(token) : quantityOf(token.replace(/^"|"$/g, ""));
      if (value !== undefined)
        yield { name: nameIn(top), list, value, ...(written ? { source: token } : {}) };
    }
  }
}

/** The dotted name of the value that comes next. */
function nameIn(open: Open | undefined): string {
  const { name = "", key } = open ?? {};
  return key === undefined ? name : name === "" ? key : `${name}.${key}`;
}

/** Texts, numbers, brackets and commas; words of JSON and colons are passed over. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN|-?\d[\d.eE+-]*|[{}[\],]/gs;
