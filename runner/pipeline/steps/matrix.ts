import type { AxisValue, Place } from "../../core/labels.js";
import {
  isMapping,
  isSequence,
  plainOf,
  type Written,
  type WrittenObject,
  wordOf,
} from "../../core/spelled.js";
import { bindValue, compileValue } from "../expressions/compile.js";
import type { Params } from "../expressions/params.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import type { ProjectFiles } from "../files/user-files.js";
import { readIn } from "../expressions/scope.js";
import { NO_BINDINGS, type Site } from "../expressions/template.js";
import { alternatives, code, show } from "../mistakes/wording.js";
import type { ListRef } from "./spec.js";
import { axisItems } from "./axis-forms.js";
import { countPlaces, exact, type Grid, gridOf, NO_AXES, placesOf, sortedAxes, type Axes } from "./grid.js";

/** What a matrix is read against. */
export interface MatrixContext {
  readonly params: Params;
  readonly problems: Problems;
  readonly files: ProjectFiles;
}

/**
 * `matrix:` -> the places of a step on its axes, and the axes whose values another step makes. Values may be expressions of params. Undefined after a mistake: nobody knows then
 * what instances there are.
 */
export function readMatrix(
  matrix: Written | undefined,
  step: string,
  context: MatrixContext,
): Matrix | undefined {
  if (matrix === undefined) return NO_MATRIX;
  if (!isMapping(matrix)) return undefined;
  return new MatrixReader(step, context).read(matrix);
}

export interface Matrix {
  readonly grid: Grid;
  readonly lists: readonly ListRef[];
}

const NO_MATRIX: Matrix = { grid: NO_AXES, lists: [] };

/** Above this the places of a matrix are not listed one by one: no pipeline may have so many. */
const MOST_PLACES = 100_000;

class MatrixReader {
  constructor(
    private readonly step: string,
    private readonly context: MatrixContext,
  ) {}

  read(matrix: WrittenObject): Matrix | undefined {
    const { include, exclude, ...all } = matrix;
    const lists: ListRef[] = [];
    const own: Record<string, Written> = {};
    for (const [axis, written] of Object.entries(all)) {
      const value = this.#value(written, this.#site(axis));
      if (value === undefined) return undefined;
      const list = this.#list(axis, value);
      if (list === undefined) own[axis] = value;
      else lists.push(list);
    }
    if (lists.length === 0) return this.#grid(own, include, exclude);
    for (const key of ["include", "exclude"]) {
      if (!(key in matrix)) continue;
      const hint = "leave values out where the list is made";
      this.#report(key, [], `${code(key)} cannot stand beside an axis whose values a step makes`, hint);
      return undefined;
    }
    const grid = this.#grid(own, undefined, undefined);
    return grid && { ...grid, lists };
  }

  #grid(own: WrittenObject, include: Written | undefined, exclude: Written | undefined): Matrix | undefined {
    const added = this.#combinations("include", include);
    const names = Object.keys(own);
    // Without axes of its own a matrix has those of its list.
    const axes = names.length > 0 ? this.#axes(own) : axesOf(added?.[0]);
    const taken = this.#combinations("exclude", exclude);
    if (axes === undefined || added === undefined || taken === undefined) return undefined;
    if (added.length === 0 && taken.length === 0) return { grid: { axes: sortedAxes(axes) }, lists: [] };
    const grid = this.#combined(axes, added, taken, names.length === 0);
    return grid && { grid, lists: [] };
  }

  #axes(own: WrittenObject): [string, readonly AxisValue[]][] | undefined {
    const axes = Object.entries(own).map(([axis, value]) => {
      const site = this.#site(axis);
      const items = axisItems(axis, value, site, this.context.files);
      return [axis, items && readValues(axis, items, site)] as const;
    });
    return axes.every(([, values]) => values !== undefined)
      ? (axes as [string, readonly AxisValue[]][])
      : undefined;
  }

  /** `{ from: step.output }`: a text, where a range begins with a number. */
  #list(axis: string, value: Written): ListRef | undefined {
    const written = isMapping(value) && Object.keys(value).length === 1 ? value["from"] : undefined;
    if (typeof written !== "string" || !/^[A-Za-z_]/.test(written)) return undefined;
    const [step = "", ...path] = written.split(".");
    return { axis, step, path, written };
  }

  /**
   * The combinations of the axes, less the excluded ones, and then those that are added, as on GitHub Actions; but each one
   * added is an instance of its own, and says where it is on every axis.
   */
  #combined(
    axes: readonly (readonly [string, readonly AxisValue[]])[],
    added: readonly WrittenObject[],
    taken: readonly WrittenObject[],
    alone: boolean,
  ): Grid | undefined {
    const before = this.context.problems.count;
    const own: Axes = sortedAxes(axes);
    const names = [...own.keys()];
    for (const [i, entry] of added.entries()) this.#checkAxes("include", i, entry, names, true);
    for (const [i, entry] of taken.entries()) this.#checkAxes("exclude", i, entry, names, false);
    if (this.context.problems.count > before) return undefined;
    const all = sortedAxes(names.map(axis => [axis, this.#extended(axis, own.get(axis) ?? [], added)]));
    if ([...all.values()].some(values => values.length === 0)) return undefined;
    // A matrix of so many combinations is refused as a whole, by their count.
    const few = alone || countPlaces({ axes: own }) <= MOST_PLACES;
    if (!few) return { axes: own };
    const left = alone ? [] : this.#excluded(placesOf({ axes: own }), taken);
    const known = new Set(left.map(place => nameIn(place, names)));
    const more = added.map((entry, i): Place => {
      const place = Object.fromEntries(
        names.map(axis => [axis, valueIn(all.get(axis) ?? [], entry[axis]) ?? ""]),
      );
      const name = nameIn(place, names);
      if (known.has(name)) this.#report("include", [i], "this combination is there already");
      known.add(name);
      return place;
    });
    if (this.context.problems.count > before) return undefined;
    if (left.length + more.length > 0) return gridOf(all, [...left, ...more]);
    this.#report("exclude", [], "every combination is excluded: no instance is left");
    return undefined;
  }

  #excluded(places: readonly Place[], taken: readonly WrittenObject[]): readonly Place[] {
    const matched = taken.map(() => 0);
    const left = places.filter(place => {
      const by = taken.map(entry =>
        Object.entries(entry).every(([axis, value]) => valueIn([place[axis] ?? ""], value) !== undefined),
      );
      for (const [i, does] of by.entries()) if (does) matched[i] = (matched[i] ?? 0) + 1;
      return !by.includes(true);
    });
    for (const [i, entry] of taken.entries()) {
      if (matched[i] !== 0) continue;
      const odd = Object.entries(entry).find(
        ([axis, value]) => !places.some(place => valueIn([place[axis] ?? ""], value) !== undefined),
      );
      const hint =
        odd === undefined ? undefined : `the axis ${code(odd[0])} has no ${code(wordOf(odd[1]) ?? "")}`;
      this.#report("exclude", [i], "this excludes nothing", hint);
    }
    return left;
  }

  /** The values of an axis, and those that the combinations added have beside them. */
  #extended(
    axis: string,
    values: readonly AxisValue[],
    added: readonly WrittenObject[],
  ): readonly AxisValue[] {
    const all: Written[] = [...values];
    for (const entry of added) {
      const value = entry[axis];
      if (value !== undefined && valueIn(all, value) === undefined) all.push(value);
    }
    return all.length === values.length ? values : (readValues(axis, all, this.#site("include")) ?? []);
  }

  #checkAxes(
    key: "include" | "exclude",
    i: number,
    entry: WrittenObject,
    names: readonly string[],
    whole: boolean,
  ): void {
    for (const [axis, value] of Object.entries(entry)) {
      if (!names.includes(axis)) {
        const { problems } = this.context;
        const hint =
          problems.suggest(axis, names) ??
          `there ${names.length === 1 ? "is" : "are"} ${alternatives(names, "and")}; a new axis gets its values beside them`;
        this.#report(key, [i, axis], `the matrix has no axis ${code(axis)}`, hint);
      } else if (wordOf(value) === undefined)
        this.#report(key, [i, axis], `a combination has one value of each axis, not ${show(plainOf(value))}`);
    }
    const missing = names.filter(axis => !(axis in entry));
    if (whole && missing.length > 0)
      this.#report(
        key,
        [i],
        `this combination has no ${alternatives(missing, "and no")}`,
        "each is one more instance, and says where it is on every axis",
      );
    if (Object.keys(entry).length === 0) this.#report(key, [i], "this combination names no axis");
  }

  #combinations(
    key: "include" | "exclude",
    written: Written | undefined,
  ): readonly WrittenObject[] | undefined {
    if (written === undefined) return [];
    const value = this.#value(written, this.#site(key));
    if (value === undefined) return undefined;
    if (isSequence(value) && value.length > 0 && value.every(isMapping)) return value;
    this.#report(
      key,
      [],
      `${code(key)} is a list of combinations such as ${code("[{ sigma: 8, seed: 0 }]")}, not ${show(plainOf(value))}`,
      "an axis must have another name",
    );
    return undefined;
  }

  #value(written: Written, site: Site): Written | undefined {
    const read = readIn({ params: this.context.params, names: {}, where: "in `matrix:`" });
    const compiled = compileValue(written, site, read);
    return compiled && bindValue(compiled, NO_BINDINGS);
  }

  #site(key: string): Site {
    const { problems } = this.context;
    return { problems, document: problems.document, place: valueAt("steps", this.step, "matrix", key) };
  }

  #report(key: string, below: readonly (string | number)[], message: string, hint?: string): void {
    this.context.problems.add("bad-axis", message, valueAt("steps", this.step, "matrix", key, ...below), {
      hint,
    });
  }
}

function axesOf(entry: WrittenObject | undefined): [string, readonly AxisValue[]][] | undefined {
  return entry === undefined ? [] : Object.keys(entry).map(axis => [axis, []]);
}

/** The value among those of an axis that another spelling of it means as well. */
function valueIn(values: readonly Written[], value: Written | undefined): AxisValue | undefined {
  if (value === undefined) return undefined;
  const [word, plain] = [wordOf(value), plainOf(value)];
  const found = values.find(
    other =>
      (typeof plainOf(other) === typeof plain && wordOf(other) === word) ||
      (typeof plain === "number" && plainOf(other) === plain),
  );
  return found as AxisValue | undefined;
}

function nameIn(place: Place, axes: readonly string[]): string {
  return axes.map(axis => exact(place[axis] ?? "")).join();
}

/** Items of an axis -> its values. Undefined after a mistake. */
export function readValues(
  axis: string,
  values: readonly Written[],
  site: Site,
): readonly AxisValue[] | undefined {
  const bad = (message: string, hint?: string, item?: number): undefined => {
    // Of values that an expression gives, the nearest place is the expression.
    const place = item === undefined ? site.place : { path: [...site.place.path, item] };
    site.problems.add("bad-axis", message, place, { hint });
    return undefined;
  };
  const read: AxisValue[] = [];
  const texts = new Set<string>();
  /** Numbers, true and false: two spellings of one would be two names of one value. */
  const spelling = new Map<number | boolean, string>();
  for (const [i, item] of values.entries()) {
    const text = wordOf(item);
    if (text === undefined) {
      bad(
        `the axis ${code(axis)} holds ${show(plainOf(item))}; its values are texts, numbers, true or false`,
      );
      return;
    }
    // Instances are named `step[axis=value,...]`: the name must tell them apart, and be readable again.
    if (!/^[^\s,=[\]\p{Cc}]([^,=[\]\p{Cc}]*[^\s,=[\]\p{Cc}])?$/u.test(text)) {
      const rule =
        "a label is not empty, neither begins nor ends with a blank, and has no `,`, `=`, `[`, `]` in it";
      bad(`${show(plainOf(item))} cannot be a label`, rule, i);
      return;
    }
    if (texts.has(text)) {
      bad(`the axis ${code(axis)} holds ${code(text)} twice`);
      return;
    }
    texts.add(text);
    const value = plainOf(item);
    if (typeof value === "number" || typeof value === "boolean") {
      const other = spelling.get(value);
      if (other !== undefined) {
        const hint = "write them in quotes if they are texts";
        bad(`the axis ${code(axis)} holds one value twice: ${code(other)} and ${code(text)}`, hint);
        return;
      }
      spelling.set(value, text);
    }
    // Nothing is no value of an axis: `~` is text.
    read.push(value === null ? text : (item as AxisValue));
  }
  return read;
}
