import { canonicalJson } from "../../cache/canonical.js";
import { sha256 } from "../../cache/hash.js";
import type { Json } from "../../core/json.js";
import { sameQuantity } from "../../core/numbers/quantity.js";
import type { StepRecord } from "../../core/record.js";
import { documentOf } from "./step-document.js";

/**
 * What a step came to, in 16 hex digits: its artifacts by content, its metrics and its curves; not how long it took,
 * nor when or where. Two results of one key that differ in this were made by a step that is not deterministic.
 */
export function resultId(record: Pick<StepRecord, "outputs" | "metrics" | "curves" | "result">): string {
  if (record.result !== undefined) return record.result;
  const { outputs: all, metrics, curves } = documentOf(record);
  // Whether it is kept does not make it another result.
  const outputs = Object.fromEntries(
    Object.entries(all).map(([name, { type, digest, bytes }]) => [name, { type, digest, bytes }]),
  );
  const what = { tag: "vistas.result.1", outputs, metrics, curves } as unknown as Json;
  return sha256(canonicalJson(what)).slice(0, 16);
}

/** What two results of one key differ in, in a few words; `""` when they do not. */
export function resultDifference(a: StepRecord, b: StepRecord): string {
  const outputs = namesOf(a.outputs, b.outputs).filter(name => {
    const [one, other] = [a.outputs[name], b.outputs[name]];
    return one?.digest !== other?.digest || one?.type !== other?.type;
  });
  if (outputs.length > 0) return `other bytes in ${few(outputs)}`;
  const metrics = namesOf(a.metrics, b.metrics).filter(
    name => !sameQuantity(a.metrics[name], b.metrics[name]),
  );
  if (metrics.length > 0) return `the same bytes, but other ${few(metrics)}`;
  return resultId(a) === resultId(b) ? "" : "the same bytes, but other curves";
}

/** One line for a result whose key has come to others as well; nothing where it has not. */
export function variationText(record: StepRecord, others: readonly StepRecord[]): string | undefined {
  const newest = others.at(-1);
  if (newest === undefined) return undefined;
  const count = others.length === 1 ? "one other result" : `${others.length} other results`;
  return `not deterministic: the same key has had ${count}; that of ${newest.finished} had ${resultDifference(record, newest)}`;
}

function namesOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function few(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return names.slice(0, 3).join(", ") + more;
}
