import type { Check } from "../../claims/finding.js";
import type { LockComparison } from "../../lock/compare.js";
import type { DeterminismLabel } from "../../lock/lock.js";
import type { RunRecord } from "../../core/record.js";
import { number } from "../../ui/quantities.js";

/** A run held against what was expected of it: what `reproduce` shows, in whatever form. Plain JSON. */
export interface Reproduction {
  readonly format: 1;
  readonly run: string;
  readonly pipeline: string;
  readonly outcome: RunRecord["outcome"];
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** With the lock's file as the user knows it; null where there is none. */
  readonly lock: (LockComparison & { readonly file: string }) | null;
  /** Of the steps that were run twice. */
  readonly audits: readonly {
    readonly id: string;
    readonly label: DeterminismLabel;
    readonly detail: string;
  }[];
}

/** Cells of a check as people read them. */
export interface CheckCells {
  readonly name: string;
  /** A number; of a claim its words. */
  readonly expected: string;
  /** The same in short: of a claim only where the value must lie. */
  readonly bounds: string;
  readonly actual: string;
  readonly tolerance: string;
  readonly interval: string;
  readonly n: string;
}

export function checkCells(check: Check): CheckCells {
  const { name, over, expected, wanted, actual, tolerance, interval, level, n } = check;
  const confidence = level === null ? "" : ` ${Number((100 * level).toPrecision(4))} %`;
  return {
    name: over.length === 0 ? name : `${name}, mean over ${over.join(", ")}`,
    expected: typeof expected === "number" ? number(expected) : expected,
    bounds: typeof expected === "number" ? number(expected) : tolerance === null ? boundsText(wanted) : "",
    actual: actual === null ? "–" : typeof actual === "number" ? number(actual) : actual ? "true" : "false",
    tolerance: tolerance === null ? "" : `±${number(tolerance)}`,
    interval: interval === null ? "" : `[${number(interval[0])}, ${number(interval[1])}]${confidence}`,
    n: n === 0 ? "" : String(n),
  };
}

function boundsText(wanted: Check["wanted"]): string {
  const [low = null, high = null] = wanted ?? [];
  if (low !== null && high !== null) return `${number(low)} to ${number(high)}`;
  return low !== null ? `> ${number(low)}` : high !== null ? `< ${number(high)}` : "";
}

/** The verdict of the lock in lines: how much is the same, where the run departs, what follows. */
export function lockLines({
  file,
  same,
  total,
  bytes,
  faults,
  notes,
}: NonNullable<Reproduction["lock"]>): string[] {
  const head = `${file}: ${same} of ${total} steps have the same bytes`;
  if (bytes === null && faults.length === 0) return [head, ...notes];
  const because = bytes !== null && bytes.because.length > 0 ? `: ${bytes.because.join("; ")}` : "";
  const first =
    bytes === null ? [] : [`departs first at ${bytes.id} (${bytes.outputs.join(", ")})${because}`];
  const more = faults.length > MOST ? [`and ${faults.length - MOST} more`] : [];
  return [head, ...first, ...faults.slice(0, MOST), ...more, ...notes.slice(0, MOST)];
}

const MOST = 12;

/** The verdict, in a sentence. */
export function verdictLine({ ok, outcome, checks, lock }: Reproduction): string {
  const missed = checks.filter(check => !check.ok).length;
  if (outcome !== "done")
    return outcome === "failed" ? "not reproduced: a step failed" : "not reproduced: the run was stopped";
  if (ok)
    return `reproduced: ${checks.length === 0 ? "all as in the lock" : `all ${checks.length} expectations are met`}`;
  const parts = [
    ...(missed > 0
      ? [`${missed} of ${checks.length} expectations ${missed === 1 ? "is" : "are"} not met`]
      : []),
    ...(lock?.ok === false ? [`it departs from ${lock.file}`] : []),
  ];
  return `not reproduced: ${parts.join(", and ")}`;
}

/** `reproduce --json`: the contract's object, and beside it the lock, determinism and what else there is to know. */
export function reproductionJson({ ok, run, outcome, checks, lock, audits }: Reproduction): object {
  return {
    ok,
    checks: checks.map(({ type, name, ...check }) => ({
      [type === "metric" ? "metric" : "claim"]: name,
      ...check,
    })),
    run,
    outcome,
    lock,
    determinism: audits,
  };
}
