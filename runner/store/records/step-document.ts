import type { JsonObject } from "../../core/json.js";
import { quantityOf, storable } from "../../core/numbers/quantity.js";
import type { StepRecord } from "../../core/record.js";

/** What a step measured: numbers of which JSON cannot hold all. */
type Measured = Pick<StepRecord, "metrics" | "curves">;

/** A record as JSON can hold it. */
export function documentOf<T extends Measured>(
  record: T,
): Omit<T, keyof Measured> & Record<keyof Measured, unknown> {
  const { metrics, curves } = record;
  return {
    ...record,
    metrics: mapped(metrics, storable),
    curves: mapped(curves, curve => curve.map(point => point.map(storable))),
  };
}

/** The record in a document that has the shape of one. */
export function recordIn(document: JsonObject): StepRecord {
  const record = document as unknown as StepRecord;
  const { metrics, curves } = record;
  const points = Object.values(curves).flat();
  // Nearly all are finite, and there may be tens of thousands of records to read.
  if (Object.values(metrics).every(isPlain) && points.every(point => point.every(isPlain))) return record;
  const number = (value: number): number => quantityOf(value) ?? NaN;
  return {
    ...record,
    metrics: mapped(metrics, number),
    curves: mapped(curves, curve => curve.map(([at, value]) => [number(at), number(value)] as const)),
  };
}

function isPlain(value: unknown): boolean {
  return typeof value === "number";
}

function mapped<A, B>(table: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, f(value)]));
}
