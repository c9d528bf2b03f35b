import { byCodeUnit } from "./json.js";

/** An axis value: matrices hold scalars. */
export type Label = string | number | boolean;
/** The point of a step instance on its axes: `{ seed: 0, sigma: 0.3 }`. */
export type Labels = Readonly<Record<string, Label>>;

/** `seed=0,sigma=0.3`, axes in code-unit order; `""` for a step without axes. */
export function labelText(labels: Labels): string {
  const names = Object.keys(labels);
  if (names.length === 0) return "";
  return names
    .sort(byCodeUnit)
    .map(name => `${name}=${String(labels[name])}`)
    .join(",");
}

/** `encoder[seed=0]`, or `encoder` for a step without axes. */
export function instanceId(step: string, labels: Labels): string {
  const text = labelText(labels);
  return text === "" ? step : `${step}[${text}]`;
}
