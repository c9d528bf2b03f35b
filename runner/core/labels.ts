import { byCodeUnit } from "./json.js";
import { isSpelled, type Spelled } from "./spelled.js";

/** An axis value: matrices hold scalars. */
export type Label = string | number | boolean;
/** The point of a step instance on its axes: `{ seed: 0, sigma: 0.3 }`. */
export type Labels = Readonly<Record<string, Label>>;

/** A value of an axis as the pipeline writes it. */
export type AxisValue = Label | Spelled;
/** The point of a step instance on its axes, as the pipeline writes it. */
export type Place = Readonly<Record<string, AxisValue>>;

/** A place as it is shown, and as instances are named and selected: a value with a spelling of its own is its text. */
export function shownLabels(place: Place): Labels {
  return mapLabels(place, value => (isSpelled(value) ? value.text : value));
}

/** A place as kinds see it: with the values. */
export function plainLabels(place: Place): Labels {
  return mapLabels(place, value => (isSpelled(value) ? (value.value ?? value.text) : value));
}

function mapLabels(place: Place, of: (value: AxisValue) => Label): Labels {
  if (!Object.values(place).some(value => isSpelled(value))) return place as Labels;
  return Object.fromEntries(Object.entries(place).map(([axis, value]) => [axis, of(value)]));
}

/** `seed=0,sigma=0.3`, axes in code-unit order; `""` for a step without axes. */
export function labelText(labels: Place): string {
  const names = Object.keys(labels);
  if (names.length === 0) return "";
  return names
    .sort(byCodeUnit)
    .map(name => `${name}=${String(labels[name])}`)
    .join(",");
}

/**
 * As `labelText`, but no two different places share it: a text that could be taken for something else is quoted, so
 * that 1 differs from "1". For keys, where `labelText` is for people and file names.
 */
export function exactLabelText(labels: Place): string {
  const exact = Object.entries(labels).map(([name, value]) => {
    const plain =
      typeof value !== "string" || (/^[A-Za-z_][\w.-]*$/.test(value) && !/^(true|false|null)$/i.test(value));
    return [name, plain ? value : JSON.stringify(value)] as const;
  });
  return labelText(Object.fromEntries(exact));
}

/** `encoder[seed=0]`, or `encoder` for a step without axes. */
export function instanceId(step: string, labels: Place): string {
  const text = labelText(labels);
  return text === "" ? step : `${step}[${text}]`;
}
