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

/**
 * As `labelText`, but no two different places share it: a text that could be taken for something else is quoted, so
 * that 1 differs from "1". For keys, where `labelText` is for people and file names.
 */
export function exactLabelText(labels: Labels): string {
  const exact = Object.entries(labels).map(([name, value]) => {
    const plain =
      typeof value !== "string" || (/^[A-Za-z_][\w.-]*$/.test(value) && !/^(true|false)$/.test(value));
    return [name, plain ? value : JSON.stringify(value)] as const;
  });
  return labelText(Object.fromEntries(exact));
}

/** `encoder[seed=0]`, or `encoder` for a step without axes. */
export function instanceId(step: string, labels: Labels): string {
  const text = labelText(labels);
  return text === "" ? step : `${step}[${text}]`;
}
