import type { AxisValue, Place } from "../../core/labels.js";
import { spelled } from "../../core/spelled.js";
import { type Grid, gridOf, nameOf, placesOf, sortedAxes } from "./grid.js";

/** Stands on an axis for all the values that a step has yet to make. */
export const OPEN: AxisValue = spelled(null, "*");

export function isOpen({ axes }: Grid): boolean {
  for (const values of axes.values()) if (values.includes(OPEN)) return true;
  return false;
}

/** The axes of a place whose values are not known. */
export function openAxes(place: Place): readonly string[] {
  return Object.keys(place).filter(axis => place[axis] === OPEN);
}

/** A grid with one axis more, whose values differ from place to place. */
export function extended(grid: Grid, axis: string, valuesAt: (place: Place) => readonly AxisValue[]): Grid {
  const all = new Map<string, AxisValue>();
  const places = placesOf(grid).flatMap(place =>
    valuesAt(place).map(value => {
      const at = { ...place, [axis]: value };
      all.set(nameOf(at, [axis]), value);
      return at;
    }),
  );
  return gridOf(sortedAxes([...grid.axes, [axis, [...all.values()]]]), places);
}

/** The grid with all the values of an axis as one that is not known. */
export function blurred(grid: Grid, axis: string): Grid {
  const axes = new Map([...grid.axes].map(([name, values]) => [name, name === axis ? [OPEN] : values]));
  return gridOf(
    axes,
    placesOf(grid).map(place => ({ ...place, [axis]: OPEN })),
  );
}

/** Whether two places may be one, as far as they are known. */
export function mayMeet(a: Place, b: Place): boolean {
  return Object.keys(a).every(axis => {
    const [one, other] = [a[axis], b[axis]];
    if (one === OPEN || other === OPEN || other === undefined) return true;
    return nameOf(a, [axis]) === nameOf(b, [axis]);
  });
}
