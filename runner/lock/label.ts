import { sameQuantity } from "../core/numbers/quantity.js";
import type { DeterminismLabel } from "./lock.js";

/** The results of two executions of one step on the same inputs. */
export interface Rerun {
  /** Outputs with other bytes. */
  readonly differing: readonly string[];
  readonly metrics: readonly [Readonly<Record<string, number>>, Readonly<Record<string, number>>];
}

/** A label with what it goes by, in words. */
export interface Determinism {
  readonly label: DeterminismLabel;
  readonly detail: string;
}

/**
 * *exact*: the same bytes and metrics. *within tolerance*: other bytes, but every metric agrees within what is
 * allowed (0 where nothing is). *stochastic*: a metric does not, or there is none to go by.
 */
export function determinismOf(
  { differing, metrics: [first, second] }: Rerun,
  allowance: (metric: string, value: number) => number,
): Determinism {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  const moved = names.filter(name => !sameQuantity(first[name], second[name]));
  if (differing.length === 0 && moved.length === 0)
    return { label: "exact", detail: "two runs on the same inputs gave the same bytes" };
  const beyond = moved.filter(name => {
    const [a, b] = [first[name] ?? NaN, second[name] ?? NaN];
    return !(Math.abs(a - b) <= allowance(name, a));
  });
  const bytes = differing.length > 0 ? [`other bytes in ${differing.join(", ")}`] : [];
  const listed = (list: readonly string[]): string[] =>
    list.slice(0, 3).map(name => `${name} ${first[name] ?? "missing"} and ${second[name] ?? "missing"}`);
  if (beyond.length > 0) return { label: "stochastic", detail: [...bytes, ...listed(beyond)].join("; ") };
  if (names.length === 0) return { label: "stochastic", detail: [...bytes, "no metric to go by"].join("; ") };
  const agree = moved.length === 0 ? ["the same metrics"] : listed(moved);
  return { label: "within tolerance", detail: [...bytes, ...agree].join("; ") };
}
