import type { Fault, MetricRef } from "./ast.js";

/**
 * `probe.accuracy`, `block/probe.accuracy`, `probe[seed=0,sigma=0.3].accuracy`, `report."top-1 accuracy"`: a step's name, some of its labels,
 * a metric's name, which may hold dots and, in quotes, anything. A dash belongs to the name that it stands in.
 */
export const REFERENCE =
  /([A-Za-z_][\w-]*(?:\/[A-Za-z_][\w-]*)*)(\[(?:[^\]"]|"[^"]*")*\])?\.(?:(\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*)|"([^"]+)")/y;

/** The reference at `offset` of a text, or nothing; `fault` where its labels cannot be read. */
export function referenceAt(
  text: string,
  offset: number,
): { readonly ref: MetricRef; readonly fault?: Fault } | undefined {
  REFERENCE.lastIndex = offset;
  const found = REFERENCE.exec(text);
  if (found === null) return undefined;
  const [source, step = "", bracket = "", plain, quoted] = found;
  const inside = offset + step.length + 1;
  const labels: MetricRef["labels"][number][] = [];
  let fault: Fault | undefined;
  for (const { part, at } of commaParts(bracket.slice(1, -1))) {
    const span = { start: inside + at, end: inside + at + part.length };
    const [, axis, value = ""] = /^\s*([A-Za-z_][\w-]*)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    const label = /^"(.*)"$/.exec(value)?.[1] ?? value;
    if (axis === undefined || label === "") {
      fault ??= {
        message: "labels in brackets are `axis=value`",
        hint: `such as \`${step}[seed=0].${plain ?? "metric"}\``,
        span: part.trim() === "" ? { start: inside - 1, end: inside + bracket.length - 1 } : span,
      };
    } else labels.push({ axis, label, span });
  }
  const ref = {
    ...{ step, labels, metric: plain ?? quoted ?? "", source },
    stepSpan: { start: offset, end: offset + step.length },
  };
  return fault === undefined ? { ref } : { ref, fault };
}

/** The whole of a text as one reference. */
export function parseReference(text: string): { readonly ref?: MetricRef; readonly fault?: Fault } {
  const found = referenceAt(text, 0);
  if (found?.ref.source.length === text.length) return found;
  return {
    fault: {
      message: "not the name of a metric",
      hint: 'write `step.metric`, `step[axis=value].metric` or `step."odd name"`',
      span: { start: 0, end: text.length },
    },
  };
}

function commaParts(text: string): { part: string; at: number }[] {
  if (text === "") return [];
  return [...text.matchAll(/(?:^|,)((?:[^,"]|"[^"]*")*)/g)].map(found => {
    const [whole, part = ""] = found;
    return { part, at: found.index + whole.length - part.length };
  });
}
