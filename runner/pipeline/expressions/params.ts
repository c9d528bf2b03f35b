import type { JsonObject, JsonPath } from "../../core/json.js";
import {
  isMapping,
  isSequence,
  plainMapping,
  plainOf,
  type Written,
  type WrittenObject,
} from "../../core/spelled.js";
import { hasExpression, type Reference } from "./expression.js";
import { MAX_DEPTH, oversize } from "../document/measure.js";
import { pathText, placeOf, type LayeredParams } from "./overrides.js";
import { valueAt, type Place } from "../document/place.js";
import type { Beside } from "../document/document.js";
import type { Problems } from "../document/problems.js";
import {
  bindText,
  childOf,
  NO_BINDINGS,
  readText,
  spanOf,
  tell,
  type Read,
  type ReadPart,
  type Site,
} from "./template.js";
import { code, show } from "../mistakes/wording.js";

/** The params of a load, resolved on demand. */
export interface Params {
  /** All params, resolved. */
  readonly value: JsonObject;
  /** Reads `params.…`; a mistake in it is reported at `site`. */
  readonly read: Read;
  /** Where the value at `path` came from that is read at a place, to stand beside a mistake that it causes. */
  origin(path: JsonPath, at: Place): { readonly words: string; readonly beside: readonly Beside[] };
  /** What was read so far. */
  readonly reads: readonly JsonPath[];
}

/**
 * Resolves expressions inside params. They may read other params and nothing else; circles are refused, and so are
 * chains of more than 100 and values that unfold to more than 16 MiB. A whole-value expression keeps its type.
 */
export function resolveParams(layers: LayeredParams, problems: Problems): Params {
  return new Resolver(layers, problems);
}

/** A value, or undefined where a mistake that has been reported stands in the way. */
type Resolved = Written | undefined;

class Resolver implements Params {
  readonly value: JsonObject;
  readonly reads: JsonPath[] = [];
  readonly #done = new Map<string, Resolved>();
  /** Texts being resolved now, outermost first. */
  readonly #doing: JsonPath[] = [];
  readonly #layers: LayeredParams;
  readonly #problems: Problems;

  constructor(layers: LayeredParams, problems: Problems) {
    this.#layers = layers;
    this.#problems = problems;
    const all = this.#resolve(layers.raw, []);
    this.value = isMapping(all) ? plainMapping(all) : {};
  }

  readonly read: Read = (reference, site): ReadPart | undefined => {
    const { path } = reference;
    this.reads.push(path);
    let value: Resolved = this.#layers.raw;
    let known = false; // once an expression was passed, what lies below it is resolved already
    for (const [i, segment] of path.entries()) {
      if (!known && typeof value === "string" && hasExpression(value)) {
        value = this.#resolve(value, path.slice(0, i));
        known = true;
      }
      if (value === undefined) return undefined;
      const next = childOf(value, segment);
      if (next === undefined) {
        this.#unknown(reference, i, value, site);
        return;
      }
      value = next;
    }
    if (!known) value = this.#resolve(value, path);
    return value === undefined ? undefined : { value, reference };
  };

  origin(path: JsonPath): { words: string; beside: Beside[] } {
    const name = code(`params.${pathText(path)}`);
    const value = path.reduce<Written | undefined>((at, part) => at && childOf(at, part), this.value);
    const words = `${name} is ${show(plainOf(value ?? null))}`;
    const { document, place, lead } = this.#site(path);
    if (document === undefined)
      return { words: `${words}, by ${code((lead ?? "").slice(0, -2))}`, beside: [] };
    return { words, beside: [{ message: `${name} is set here`, document, place }] };
  }

  /** A raw value and its path -> the same with every expression in it replaced. */
  #resolve(raw: Written, path: JsonPath): Resolved {
    const text = typeof raw === "string" && hasExpression(raw) ? raw : undefined;
    const holder = isMapping(raw) || isSequence(raw) ? raw : undefined;
    if (text === undefined && holder === undefined) return raw;
    const key = JSON.stringify(path);
    if (this.#done.has(key)) return this.#done.get(key);
    const value = holder === undefined ? this.#text(text ?? "", path) : this.#items(holder, path);
    const fault = value === undefined ? undefined : oversize(value);
    if (fault !== undefined) {
      const limit =
        fault === "too-deep" ? `is nested deeper than ${MAX_DEPTH} levels` : "unfolds to over 16 MiB";
      tell(this.#site(path), fault, `${code(`params.${pathText(path)}`)} ${limit}`, undefined);
    }
    const kept = fault === undefined ? value : undefined;
    this.#done.set(key, kept);
    return kept;
  }

  #items(raw: WrittenObject | readonly Written[], path: JsonPath): Resolved {
    if (!isMapping(raw)) {
      const items = raw.map((item, i) => this.#resolve(item, [...path, i]));
      return items.includes(undefined) ? undefined : (items as Written[]);
    }
    const entries = Object.entries(raw).map(
      ([name, item]) => [name, this.#resolve(item, [...path, name])] as const,
    );
    if (entries.some(([, item]) => item === undefined)) return undefined;
    return Object.fromEntries(entries) as WrittenObject;
  }

  #text(text: string, path: JsonPath): Resolved {
    const site = this.#site(path);
    const key = JSON.stringify(path);
    const from = this.#doing.findIndex(other => JSON.stringify(other) === key);
    if (from !== -1) {
      const round = [...this.#doing.slice(from), path].map(pathText).join(" -> ");
      tell(site, "param-cycle", `params refer to each other in a circle: ${round}`, undefined);
      return undefined;
    }
    if (this.#doing.length >= MAX_DEPTH) {
      tell(site, "too-deep", `params refer to each other in a chain of over ${MAX_DEPTH}`, undefined);
      return undefined;
    }
    this.#doing.push(path);
    const parts = readText(text, site, this.#readInParams);
    this.#doing.pop();
    return parts && bindText(parts, NO_BINDINGS, site);
  }

  readonly #readInParams: Read = (reference, site) => {
    if (reference.root === "params" && reference.choice === undefined) return this.read(reference, site);
    const hint = "params may read other params, and nothing else";
    const message = `${code(reference.source)} cannot be read inside \`params:\``;
    tell(site, "misplaced-expression", message, spanOf(reference), { hint });
    return undefined;
  };

  #unknown(reference: Reference, part: number, holder: Written, site: Site): undefined {
    const word = String(reference.path[part]);
    const near = isMapping(holder) ? this.#problems.suggest(word, Object.keys(holder)) : undefined;
    const upTo = pathText(["params", ...reference.path.slice(0, part + 1)]);
    const size = isSequence(holder) ? `: the list has ${holder.length} items` : "";
    tell(site, "unknown-name", `there is no ${code(upTo)}${size}`, spanOf(reference, part + 1), {
      hint: near,
    });
    return undefined;
  }

  /** The text at `path` may stand in the pipeline, in a params file, or in the call. */
  #site(path: JsonPath): Site {
    const problems = this.#problems;
    const override = this.#layers.overrideAt(path);
    if (override === undefined)
      return { problems, document: problems.document, place: valueAt("params", ...path) };
    const { document, origin } = override;
    return {
      problems,
      document,
      place: placeOf(override, path),
      lead: document === undefined ? `${origin}: ` : "",
    };
  }
}
