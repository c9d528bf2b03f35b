import { byCodeUnit } from "../../core/json.js";
import { exactLabelText, type Labels, labelText } from "../../core/labels.js";
import { Unanswerable } from "../statistics/answer.js";

/** Values by their place on the axes; one value with no labels where there are no axes. */
export interface Field<T> {
  readonly axes: readonly string[];
  readonly cells: readonly Cell<T>[];
}

export interface Cell<T> {
  readonly labels: Labels;
  readonly value: T;
  /** Keys of the results that the value rests on; absent: a result of its own. */
  readonly from?: readonly string[];
}

export function scalar<T>(value: T): Field<T> {
  return { axes: [], cells: [{ labels: {}, value, from: [] }] };
}

/** The cells less those that rest on the very same results as an earlier one: they are no repetitions. */
export function distinct<T>(cells: readonly Cell<T>[]): readonly Cell<T>[] {
  const seen = new Set<string>();
  return cells.filter(({ from }) => {
    if (from === undefined) return true;
    const name = from.join();
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

export function mapField<T, U>({ axes, cells }: Field<T>, f: (value: T) => U): Field<U> {
  return { axes, cells: cells.map(cell => ({ ...cell, value: f(cell.value) })) };
}

/**
 * Pairs two fields by their labels, as named dimensions do: the axes of one are among those of the other. Throws
 * `Unanswerable` where a value of either has no partner: a seed that is missing on one side is never left out quietly.
 */
export function pair<A, B, C>(a: Field<A>, b: Field<B>, f: (a: A, b: B) => C): Field<C> {
  if (a.axes.length < b.axes.length) return pair(b, a, (y, x) => f(x, y));
  const place = (labels: Labels): string => exactLabelText(only(labels, b.axes));
  const partners = new Map(b.cells.map(cell => [place(cell.labels), cell]));
  const left = new Set(partners.keys());
  const cells = a.cells.map(({ labels, value, from }) => {
    const at = place(labels);
    const partner = partners.get(at);
    if (partner === undefined) throw new Unanswerable(`nothing to pair with at ${labelText(labels)}`);
    left.delete(at);
    return { labels, value: f(value, partner.value), ...restingOn([from, partner.from]) };
  });
  for (const at of left) throw new Unanswerable(`nothing to pair with at ${at}`);
  return { axes: a.axes, cells };
}

/** Takes the values along some axes together, each result once; no axis named: along all. */
export function reduce<T, U>(
  field: Field<T>,
  gone: readonly string[],
  f: (values: readonly T[]) => U,
): Field<U> {
  const kept = gone.length === 0 ? [] : field.axes.filter(axis => !gone.includes(axis));
  const groups = new Map<string, { labels: Labels; cells: Cell<T>[] }>();
  for (const cell of field.cells) {
    const rest = only(cell.labels, kept);
    const name = exactLabelText(rest);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { labels: rest, cells: [cell] });
    else group.cells.push(cell);
  }
  return {
    axes: kept,
    cells: [...groups.values()].map(({ labels, cells }) => ({
      labels,
      value: f(distinct(cells).map(({ value }) => value)),
      ...restingOn(cells.map(({ from }) => from)),
    })),
  };
}

/** What a value made of several rests on. */
function restingOn(sides: readonly Cell<unknown>["from"][]): Pick<Cell<unknown>, "from"> {
  const known = sides.filter(side => side !== undefined);
  return known.length < sides.length ? {} : { from: [...new Set(known.flat())].sort(byCodeUnit) };
}

function only(labels: Labels, axes: readonly string[]): Labels {
  return Object.fromEntries(axes.flatMap(axis => (axis in labels ? [[axis, labels[axis] ?? ""]] : [])));
}
