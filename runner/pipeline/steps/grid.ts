import { byCodeUnit } from "../../core/json.js";
import { type AxisValue, exactLabelText, type Place } from "../../core/labels.js";

/** Values by axis, axes in code-unit order. */
export type Axes = ReadonlyMap<string, readonly AxisValue[]>;

/** The places that a step has on its axes: every combination of their values, or those that are listed. */
export interface Grid {
  /** Each value stands at some place. */
  readonly axes: Axes;
  /** In order, the last axis fastest. Absent: every combination. */
  readonly listed?: readonly Place[];
}

/** A step without axes has one place. */
export const NO_AXES: Grid = { axes: new Map() };

/** Every place, the last axis fastest. One empty place if there are no axes. */
export function placesOf({ axes, listed }: Grid): readonly Place[] {
  if (listed !== undefined) return listed;
  if (axes.size === 0) return ONE_PLACE;
  let out: Place[] = [{}];
  for (const [axis, values] of axes) {
    out = out.flatMap(place => values.map(value => ({ ...place, [axis]: value })));
  }
  return out;
}

/** How many places there are, without making them. */
export function countPlaces({ axes, listed }: Grid): number {
  if (listed !== undefined) return listed.length;
  let count = 1;
  for (const values of axes.values()) count *= values.length;
  return count;
}

/** The grid of these places: in order, each once; axes have the values that are left. */
export function gridOf(axes: Axes, places: Iterable<Place>): Grid {
  const names = [...axes.keys()];
  const ranks = new Map(
    [...axes].map(([axis, values]) => [axis, new Map(values.map((value, i) => [exact(value), i]))]),
  );
  const rankOf = (place: Place): number[] =>
    names.map(axis => ranks.get(axis)?.get(exact(place[axis] ?? "")) ?? -1);
  const ranked = new Map<string, { readonly rank: readonly number[]; readonly place: Place }>();
  for (const place of places) {
    const rank = rankOf(place);
    const name = rank.join();
    if (!ranked.has(name)) ranked.set(name, { rank, place });
  }
  const sorted = [...ranked.values()].sort((a, b) => compare(a.rank, b.rank));
  const left = new Map(
    [...axes].map(([axis, values], i) => {
      const used = new Set(sorted.map(({ rank }) => rank[i]));
      return [axis, values.filter((_, at) => used.has(at))];
    }),
  );
  const whole = sorted.length > 0 && countPlaces({ axes: left }) === sorted.length;
  return whole ? { axes: left } : { axes: left, listed: sorted.map(({ place }) => place) };
}

/** The grid without some of its axes. */
export function without(grid: Grid, gone: readonly string[]): Grid {
  if (!gone.some(axis => grid.axes.has(axis))) return grid;
  const axes = new Map([...grid.axes].filter(([axis]) => !gone.includes(axis)));
  const names = [...axes.keys()];
  return grid.listed === undefined
    ? { axes }
    : gridOf(
        axes,
        grid.listed.map(place => pick(place, names)),
      );
}

/**
 * Broadcasts two grids as named dimensions are: places of both that agree on the axes that both have. Values of a shared
 * axis come in the order of the first.
 */
export function join(a: Grid, b: Grid): Grid {
  const axes = sortedAxes([...b.axes, ...a.axes]);
  if (countPlaces(a) === 0 || countPlaces(b) === 0) return gridOf(axes, []);
  if (b.axes.size === 0) return a;
  if (a.axes.size === 0) return b;
  const shared = [...a.axes.keys()].filter(axis => b.axes.has(axis));
  const alike = shared.every(axis => sameValues(axes.get(axis) ?? [], b.axes.get(axis) ?? []));
  if (a.listed === undefined && b.listed === undefined && alike) return { axes };
  const partners = groupBy(placesOf(b), shared);
  return gridOf(
    axes,
    placesOf(a).flatMap(place =>
      (partners.get(nameOf(place, shared)) ?? []).map(partner => ({ ...partner, ...place })),
    ),
  );
}

/** Places by where they are on some axes. */
export function groupBy(places: readonly Place[], axes: readonly string[]): Map<string, Place[]> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const name = nameOf(place, axes);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [place]);
    else group.push(place);
  }
  return groups;
}

/** Where a place is on some axes; no two different places share it. */
export function nameOf(place: Place, axes: readonly string[]): string {
  return exactLabelText(pick(place, axes));
}

export function pick(place: Place, axes: readonly string[]): Place {
  const out: Record<string, AxisValue> = {};
  for (const axis of axes) {
    const value = place[axis];
    if (value !== undefined) out[axis] = value;
  }
  return out;
}

export function sortedAxes(axes: Iterable<readonly [string, readonly AxisValue[]]>): Axes {
  return new Map([...new Map(axes)].sort(([a], [b]) => byCodeUnit(a, b)));
}

/** A value with its type and its spelling: an instance is named by them. */
export function exact(value: AxisValue): string {
  return exactLabelText({ "": value });
}

/** The order of the values may differ: it is no more than the order in which instances are listed. */
export function sameValues(a: readonly AxisValue[], b: readonly AxisValue[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const known = new Set(a.map(exact));
  return b.every(value => known.has(exact(value)));
}

const ONE_PLACE: readonly Place[] = [{}];

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, rank] of a.entries()) {
    const other = b[i] ?? 0;
    if (rank !== other) return rank - other;
  }
  return 0;
}
