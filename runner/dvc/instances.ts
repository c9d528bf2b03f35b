import type { JsonPath } from "../core/json.js";
import {
  isMapping,
  isSequence,
  plainOf,
  textOf,
  type Written,
  type WrittenObject,
  wordOf,
} from "../core/spelled.js";
import { valueAt } from "../pipeline/document/place.js";
import type { Problems } from "../pipeline/document/problems.js";
import { isName } from "../pipeline/schema/names.js";
import { code } from "../pipeline/mistakes/wording.js";
import { below, type Binding, interpolate, type Scope } from "./interpolation.js";
import type { Params } from "./dvc-params.js";

/** An axis of a step's `matrix:` in the pipeline. */
export interface Axis {
  readonly name: string;
  /** Its values, or the expression of a param that holds them. */
  readonly values: Written;
}

export interface Instance {
  /** `us-3` of DVC's `build@us-3`; empty for a stage without axes. */
  readonly suffix: string;
  /** Axis -> label. */
  readonly labels: Readonly<Record<string, string>>;
  /** What `${}` stands for, the axes by their labels: the same expressions in every instance. */
  readonly scope: Scope;
  /** What `${}` stands for where this instance is a step of its own, without axes. */
  readonly alone: Scope;
}

interface Value {
  readonly label: string;
  readonly suffix: string;
  readonly within: Binding;
  readonly alone: Binding;
  /** Of a mapping: its key. */
  readonly key?: { readonly within: Binding; readonly alone: Binding };
}

/** `foreach` and `matrix` -> axes and instances. One name of an axis means the same values in all stages. */
export class Spreader {
  /** Axis -> its values, as JSON. */
  readonly #axes = new Map<string, string>();

  constructor(
    readonly params: Params,
    readonly problems: Problems,
  ) {}

  spread(stage: string, body: WrittenObject, scope: Scope): Pick<Instanced, "axes" | "instances"> {
    const { foreach, matrix } = body;
    if (foreach !== undefined) return this.#foreach(stage, foreach, scope);
    if (isMapping(matrix)) return this.#matrix(stage, matrix, scope);
    if (matrix !== undefined)
      this.problems.add(
        "wrong-type",
        "a matrix is a mapping of axes to values",
        valueAt("stages", stage, "matrix"),
      );
    return { axes: [], instances: [{ suffix: "", labels: {}, scope, alone: scope }] };
  }

  #foreach(stage: string, written: Written, scope: Scope): Instanced {
    const list = this.#resolved(written, ["stages", stage, "foreach"], scope);
    const wanted =
      /\.([A-Za-z_][\w-]*)$/.exec(list.ref ?? "")?.[1] ?? (isMapping(list.value) ? "key" : "item");
    const { axis, values } = this.#axis(stage, wanted, list, i => String(i));
    const within = ({ within, key }: Value): Scope =>
      new Map([...scope, ["item", within], ...(key === undefined ? [] : ([["key", key.within]] as const))]);
    const alone = ({ alone, key }: Value): Scope =>
      new Map([...scope, ["item", alone], ...(key === undefined ? [] : ([["key", key.alone]] as const))]);
    return {
      axes: [axis],
      instances: values.map(value => ({
        suffix: value.suffix,
        labels: { [axis.name]: value.label },
        scope: within(value),
        alone: alone(value),
      })),
    };
  }

  #matrix(stage: string, matrix: WrittenObject, scope: Scope): Instanced {
    const read = Object.entries(matrix).map(([name, written]) => {
      const list = this.#resolved(written, ["stages", stage, "matrix", name], scope);
      return { name, ...this.#axis(stage, name, list, i => `${name}${i}`) };
    });
    let points: (readonly Value[])[] = [[]];
    for (const { values } of read) points = points.flatMap(point => values.map(value => [...point, value]));
    const item = (point: readonly Value[], which: "within" | "alone"): Scope => {
      const entries = Object.fromEntries(point.map((value, i) => [read[i]?.name ?? "", value[which]]));
      const key = { value: suffixOf(point), ref: undefined };
      return new Map([...scope, ["item", { value: null, ref: undefined, entries }], ["key", key]]);
    };
    return {
      axes: read.map(({ axis }) => axis),
      instances: points.map(point => ({
        suffix: suffixOf(point),
        labels: Object.fromEntries(point.map(({ label }, i) => [read[i]?.axis.name ?? "", label])),
        scope: item(point, "within"),
        alone: item(point, "alone"),
      })),
    };
  }

  #axis(stage: string, wanted: string, list: Binding, suffix: (i: number) => string) {
    const { value: held } = list;
    const entries = isSequence(held) ? held : isMapping(held) ? Object.values(held) : [];
    const keys = isMapping(held) ? Object.keys(held) : undefined;
    const words = entries.map(wordOf);
    const scalar = keys === undefined && !words.includes(undefined);
    const labels: readonly Written[] = keys ?? (scalar ? entries : entries.map((_, i) => i));
    const name = this.#nameOf(stage, wanted, JSON.stringify(plainOf(labels)));
    const ref = `matrix.${name}`;
    const holder = scalar || list.ref !== undefined ? list : this.params.add(stage, held);
    const values = entries.map((value, i): Value => {
      const label = keys?.[i] ?? (scalar ? (words[i] ?? "") : String(i));
      const alone = below(holder, keys?.[i] ?? String(i)) ?? { value, ref: undefined };
      const key = { value: label, ref };
      return {
        ...{ label, suffix: keys !== undefined || scalar ? label : suffix(i), alone },
        within: scalar ? { value, ref } : { value, ref: `${holder.ref ?? ""}[${ref}]` },
        ...(keys !== undefined && { key: { within: key, alone: { ...key, ref: undefined } } }),
      };
    });
    const axis: Axis = { name, values: scalar && list.ref !== undefined ? `\${{ ${list.ref} }}` : labels };
    return { axis, values };
  }

  #nameOf(stage: string, wanted: string, values: string): string {
    const base = isName(wanted) ? wanted : "item";
    for (const name of [base, `${stage.replace(/[^A-Za-z0-9_-]/g, "_")}_${base}`]) {
      const known = this.#axes.get(name);
      if (known !== undefined && known !== values) continue;
      this.#axes.set(name, values);
      return name;
    }
    return base;
  }

  /** A list or mapping, or the `${}` that names one. */
  #resolved(written: Written, at: JsonPath, scope: Scope): Binding {
    const text = textOf(written);
    const fault = (message: string): Binding => {
      this.problems.add("wrong-value", message, valueAt(...at));
      return { value: [], ref: undefined };
    };
    if (text !== undefined) {
      const pieces = interpolate(text, scope, name => fault(`${code(name)} has no value`));
      const [only] = pieces;
      if (pieces.length !== 1 || typeof only !== "object")
        return fault("a list or a mapping is expected here");
      return only;
    }
    if (!isSequence(written) && !isMapping(written)) return fault("a list or a mapping is expected here");
    if (isMapping(written)) return { value: written, ref: undefined };
    // Entries may be `${}` themselves.
    const entries = written.map(entry => {
      const word = textOf(entry);
      if (word === undefined) return entry;
      const [only, ...rest] = interpolate(word, scope, name => fault(`${code(name)} has no value`));
      return typeof only === "object" && rest.length === 0 ? only.value : entry;
    });
    return { value: entries, ref: undefined };
  }
}

interface Instanced {
  readonly axes: readonly Axis[];
  readonly instances: readonly Instance[];
}

function suffixOf(point: readonly Value[]): string {
  return point.map(({ suffix }) => suffix).join("-");
}
