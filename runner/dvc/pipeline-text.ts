import { Document, isPair, isScalar, type Node, Scalar, visit } from "yaml";
import { isMapping, isSequence, isSpelled, plainOf, type Written } from "../core/spelled.js";
import type { ImportedStep } from "./to-pipeline.js";

/** A pipeline as one would write it by hand. */
export function pipelineText(
  name: string,
  source: string,
  steps: readonly ImportedStep[],
  params: ReadonlyMap<string, Written>,
): string {
  const document = new Document({});
  const body = steps.map(step => [step.name, stepOf(step)] as const);
  const used = new Set(
    [...JSON.stringify(steps).matchAll(/\$\{\{ params\.([A-Za-z_][\w-]*)/g)].map(([, param]) => param),
  );
  const kept = [...params].filter(([param]) => used.has(param));
  document.contents = document.createNode({
    name,
    ...(kept.length > 0 && {
      params: Object.fromEntries(kept.map(([param, value]) => [param, plainOf(value)])),
    }),
    steps: Object.fromEntries(body),
  });
  for (const [param, value] of kept) respell(document.getIn(["params", param], true), value);
  visit(document, {
    Pair(_, pair) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      if (FLOW.has(key) && pair.value !== null && typeof pair.value === "object")
        (pair.value as { flow?: boolean }).flow = true;
      if (key === "run" && isScalar(pair.value)) pair.value.type = Scalar.BLOCK_LITERAL;
    },
  });
  for (const [i, step] of steps.entries()) {
    const items: unknown = (document.get("steps", true) as { items?: unknown } | undefined)?.items;
    const pair: unknown = Array.isArray(items) ? items[i] : undefined;
    if (step.description !== "" && isPair(pair) && isScalar(pair.key))
      pair.key.commentBefore = ` ${step.description.replaceAll("\n", "\n ")}`;
  }
  document.commentBefore = ` Imported from ${source}. A program finds its files where they stood: links lead there, and what it writes is\n moved to the outputs.`;
  return document.toString({ lineWidth: 110 });
}

/** Written on one line. */
const FLOW = new Set(["matrix", "inputs", "outputs", "over"]);

function stepOf({ script, matrix, over, files, inputs, outputs }: ImportedStep): object {
  const some = (value: object): boolean => Object.keys(value).length > 0;
  return {
    run: `${script.join("\n")}\n`,
    ...(some(files) && { files: plainOf(files) }),
    ...(some(inputs) && { inputs }),
    ...(some(outputs) && { outputs }),
    ...(some(matrix) && { matrix: plainOf(matrix) }),
    ...(over.length > 0 && { over }),
  };
}

/** A number keeps the digits it was written with: `1.0`, `1e-3`. */
function respell(node: unknown, value: Written): void {
  if (isScalar(node) && isSpelled(value)) {
    const scalar = node as Scalar & { format?: string; minFractionDigits?: number };
    if (/^[-+]?[\d.]+e/i.test(value.text)) scalar.format = "EXP";
    const digits = /\.(\d+)$/.exec(value.text)?.[1];
    if (digits !== undefined) scalar.minFractionDigits = digits.length;
  }
  const at = (key: string | number): unknown =>
    (node as { get?: (key: unknown, keep: boolean) => Node }).get?.(key, true);
  if (isMapping(value)) for (const [key, entry] of Object.entries(value)) respell(at(key), entry);
  else if (isSequence(value)) for (const [i, entry] of value.entries()) respell(at(i), entry);
}
