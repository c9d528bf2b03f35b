import { exactLabelText, type Labels, labelText } from "../../core/labels.js";
import { Unanswerable } from "../statistics/types.js";

/** Values by their place on the axes; one value with no labels where there are no axes. */
export interface Field<T> {
  readonly axes: readonly string[];
  readonly cells: readonly { readonly labels: Labels; readonly value: T }[];
}

export function scalar<T>(value: T): Field<T> {
  return { axes: [], cells: [{ labels: {}, value }] };
}

export function mapField<T, U>({ axes, cells }: Field<T>, f: (value: T) => U): Field<U> {
  return { axes, cells: cells.map(({ labels, value }) => ({ labels, value: f(value) })) };
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
  const cells = a.cells.map(({ labels, value }) => {
    const at = place(labels);
    const partner = partners.get(at);
    if (partner === undefined) throw new Unanswerable(`nothing to pair with at ${labelText(labels)}`);
    left.delete(at);
    return { labels, value: f(value, partner.value) };
  });
  for (const at of left) throw new Unanswerable(`nothing to pair with at ${at}`);
  return { axes: a.axes, cells };
}

/** Takes the values along some axes together; none named: along all. */
export function reduce<T, U>(
  field: Field<T>,
  gone: readonly string[],
  f: (values: readonly T[]) => U,
): Field<U> {
  const kept = gone.length === 0 ? [] : field.axes.filter(axis => !gone.includes(axis));
  const groups = new Map<string, { labels: Labels; values: T[] }>();
  for (const { labels, value } of field.cells) {
    const rest = only(labels, kept);
    const name = exactLabelText(rest);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { labels: rest, values: [value] });
    else group.values.push(value);
  }
  return {
    axes: kept,
    cells: [...groups.values()].map(({ labels, values }) => ({ labels, value: f(values) })),
  };
}

function only(labels: Labels, axes: readonly string[]): Labels {
  return Object.fromEntries(axes.flatMap(axis => (axis in labels ? [[axis, labels[axis] ?? ""]] : [])));
}
