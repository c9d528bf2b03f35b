import { type Label, labelText } from "../core/labels.js";
import type { Finding } from "./finding.js";
import type { TestClaim } from "./expectation.js";
import type { Field } from "./language/field.js";
import { distinct, reduce } from "./language/field.js";
import { evaluateNumber, type Lookup } from "./language/evaluate.js";
import { bootstrap } from "./statistics/bootstrap.js";
import { pairedT, tost } from "./statistics/paired-t.js";
import { trend } from "./statistics/trend.js";
import { type TestResult, Unanswerable } from "./statistics/answer.js";
import { wilcoxon } from "./statistics/wilcoxon.js";
import { few, pText } from "./words.js";

/** A test's result, or why there is none. */
export type Answer = { readonly result: TestResult } | { readonly why: string };

export function answerTest(claim: TestClaim, lookup: Lookup): Answer {
  try {
    const result = perform(claim, evaluateNumber(claim.expression, lookup));
    if (claim.n === undefined || claim.n === result.n) return { result };
    return { why: `n = ${result.n}, where n = ${claim.n} is stated` };
  } catch (error) {
    if (error instanceof Unanswerable) return { why: error.message };
    throw error;
  }
}

/** The verdict once the family's correction is known: `p` is the adjusted one, in a family `of` so many. */
export function adjustedVerdict(
  claim: TestClaim,
  result: TestResult,
  { p, of }: { p: number; of: number },
): Finding {
  const { estimate, interval, level, n } = result;
  const ok = p < claim.alpha;
  const raw = of > 1 ? ` after Holm over ${of} (${pText(result.p)} alone)` : "";
  const short = ok ? [] : [howShort(claim, result)].filter(text => text !== "");
  return {
    ...{
      expected: expectedText(claim),
      actual: estimate,
      interval,
      level: interval === null ? null : level,
      n,
      p,
      ok,
    },
    tolerance: claim.test === "tost" ? claim.margin : null,
    wanted: wantedBy(claim),
    note: [`${TITLES[claim.test]}, ${pText(p)}${raw}`, ...short].join("; "),
  };
}

export function expectedText({ of, test, alternative, against, margin, along, alpha }: TestClaim): string {
  const at = `at ${few(alpha)}`;
  if (test === "tost") return `${of} within ±${few(margin)} ${at}`;
  if (test === "trend") return `${of} ${alternative === "greater" ? "rises" : "falls"} along ${along} ${at}`;
  const sign = { greater: ">", less: "<", "two-sided": "!=" }[alternative];
  return `${of} ${sign} ${few(against)} ${at}`;
}

function wantedBy({ test, alternative, against, margin }: TestClaim): Finding["wanted"] {
  if (test === "tost") return [-margin, margin];
  if (alternative === "two-sided") return null;
  return alternative === "greater" ? [against, null] : [null, against];
}

const TITLES = {
  "paired-t": "paired t",
  wilcoxon: "signed ranks",
  bootstrap: "bootstrap (BCa)",
  tost: "TOST",
  trend: "Page's L",
} as const;

function perform(claim: TestClaim, field: Field<number>): TestResult {
  const { test, alternative, against, alpha, margin, seed } = claim;
  if (test === "trend")
    return trend(blocksOf(field, claim.along), alternative === "less" ? "less" : "greater", alpha);
  const values = distinct(field.cells).map(cell => cell.value);
  switch (test) {
    case "paired-t":
      return pairedT(values, alternative, against, alpha);
    case "wilcoxon":
      return wilcoxon(values, alternative, against, alpha);
    case "bootstrap":
      return bootstrap(values, alternative, against, alpha, seed);
    case "tost":
      return tost(values, margin, alpha);
  }
}

/** A row for each place on the other axes, in the order of the sweep: by number where all its labels are numbers. */
function blocksOf(field: Field<number>, along: string): number[][] {
  const labels = [...new Set(field.cells.map(cell => cell.labels[along] ?? ""))];
  // A number with a spelling of its own, such as `1e-4`, is shown, and so labelled, by its text.
  const numeric = labels.every(
    label => typeof label !== "boolean" && Number.isFinite(Number(label === "" ? NaN : label)),
  );
  const order: readonly Label[] = numeric ? labels.sort((a, b) => Number(a) - Number(b)) : labels;
  const tagged: Field<{ at: number; value: number }> = {
    axes: field.axes,
    cells: field.cells.map(cell => ({
      ...cell,
      value: { at: order.indexOf(cell.labels[along] ?? ""), value: cell.value },
    })),
  };
  const rows = reduce(tagged, [along], row => row).cells;
  return distinct(rows).map(({ labels: block, value: row }) => {
    if (row.length !== order.length)
      throw new Unanswerable(
        `the sweep along ${along} has places without a result of their own at ${labelText(block)}`,
      );
    return [...row].sort((a, b) => a.at - b.at).map(({ value }) => value);
  });
}

/** How far the interval reaches where it must not. */
function howShort({ test, alternative, against, margin }: TestClaim, { interval }: TestResult): string {
  if (interval === null) return "";
  const [low, high] = interval;
  if (test === "tost") {
    const over = Math.max(high - margin, -margin - low);
    return over > 0 ? `its interval reaches ${few(over)} beyond the margin` : "";
  }
  const over = alternative === "greater" ? against - low : alternative === "less" ? high - against : NaN;
  return over > 0 ? `its interval reaches ${few(over)} beyond ${few(against)}` : "";
}
