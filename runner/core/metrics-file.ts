import { isObject, type Json } from "./json.js";
import { quantityOf } from "./quantity.js";

/** What the text of an output called `metrics` holds. */
export interface MetricsInText {
  /** Numbers by dotted name; none where there is a `fault` or a `clash`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Why the text gives no metrics although its step may have done well. */
  readonly fault?: string;
  /** Why the step has failed: two of its numbers have one name. */
  readonly clash?: string;
}

/** Whether an output called `metrics` that was written under this name is read. */
export function holdsMetrics(path: string): boolean {
  return path.endsWith(".json");
}

/** The numbers in the text of an output called `metrics`, by dotted name: when it was made, and whenever it is verified. */
export function readMetrics(text: string): MetricsInText {
  let value: Json;
  try {
    value = parseMetrics(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      metrics: {},
      fault: `the output metrics was kept, but it is not JSON, so the step has no metrics: ${why}`,
    };
  }
  const metrics = new Map<string, number>();
  // By a list of what is left to look at: a user's file may be nested deeper than calls can be.
  const ahead: [string, Json][] = [["", value]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [name, inner] = next;
    const number = quantityOf(inner);
    if (number !== undefined) {
      if (metrics.has(name))
        return {
          metrics: {},
          clash: `the output metrics has two numbers under the one name ${JSON.stringify(name)}: ${metrics.get(name)} and ${number}, one nested and one with the dot in its key; rename one of them`,
        };
      metrics.set(name, number);
    } else if (isObject(inner)) {
      for (const [key, v] of Object.entries(inner).reverse())
        ahead.push([name === "" ? key : `${name}.${key}`, v]);
    }
  }
  if (metrics.size > MOST_METRICS)
    return {
      metrics: {},
      fault: `the output metrics was kept, but it holds ${metrics.size} numbers, more than the ${MOST_METRICS} that a step may have as metrics, so it has none: put what is no result in an output of its own`,
    };
  return { metrics: Object.fromEntries(metrics) };
}

/** More than anyone looks at; each is shown, compared and kept in records. */
const MOST_METRICS = 100_000;

/** JSON, and beside it NaN and the infinities as Python's `json` writes them; a mark of the byte order may stand first. */
function parseMetrics(text: string): Json {
  const plain = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(plain) as Json;
  } catch (error) {
    const quoted = plain.replace(STRING_OR_WORD, found => (found.startsWith('"') ? found : `"${found}"`));
    if (quoted === plain) throw error;
    return JSON.parse(quoted) as Json;
  }
}

const STRING_OR_WORD = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/gs;
