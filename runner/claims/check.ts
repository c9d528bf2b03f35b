import { estimate } from "../core/numbers/statistics.js";
import { checkClaim } from "./check-claim.js";
import { checkMetric } from "./check-metric.js";
import { adjustedVerdict, type Answer, answerTest } from "./check-test.js";
import type { Expectation, TestClaim } from "./expectation.js";
import type { Check, Finding } from "./finding.js";
import { holm } from "./statistics/holm.js";
import { metricsOf } from "./language/metrics-of.js";
import type { Results } from "./result-lookup.js";
import { NotFinite, Unanswerable } from "./statistics/answer.js";

/**
 * Holds every expectation against the results, in order. What cannot be answered has failed, and says why. `published`:
 * what values that are `locked` are taken from.
 */
export function checkAll(
  expectations: readonly Expectation[],
  results: Results,
  published: Results | undefined,
): Check[] {
  const corrected = familyCorrection(expectations, results);
  return expectations.map(expectation => {
    const { type, source } = expectation;
    const [name, over] =
      type === "metric" ? [expectation.metric.source, expectation.over] : [expectation.claim, []];
    const shared = { type, name, over, source };
    const finding = answered(expectation, (): Finding => {
      switch (expectation.type) {
        case "metric":
          return checkMetric(expectation, results, published);
        case "claim":
          return checkClaim(expectation, results.lookup);
        case "test":
          return corrected(expectation);
      }
    });
    const metrics = type === "metric" ? [expectation.metric] : metricsOf(expectation.expression);
    const same = new Set(
      metrics.flatMap(metric => [...results.sameResults(metric), ...results.leftOut(metric)]),
    );
    return { ...shared, ...finding, note: [finding.note, ...same].filter(text => text !== "").join("; ") };
  });
}

function answered(expectation: Expectation, find: () => Finding): Finding {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof Unanswerable)) throw error;
    return unanswered(expectation, error);
  }
}

/** Tests are answered first, all of them, because each needs the p-values of its whole family. */
function familyCorrection(
  expectations: readonly Expectation[],
  results: Results,
): (test: TestClaim) => Finding {
  const answers = new Map<TestClaim, Answer>();
  const families = new Map<string, TestClaim[]>();
  for (const expectation of expectations) {
    if (expectation.type !== "test") continue;
    answers.set(expectation, answerTest(expectation, results.lookup));
    if (expectation.family === "") continue;
    families.set(expectation.family, [...(families.get(expectation.family) ?? []), expectation]);
  }
  const adjusted = new Map<TestClaim, { p: number; of: number }>();
  for (const family of families.values()) {
    const ps = holm(family.map(test => pOf(answers.get(test))));
    family.forEach((test, i) => adjusted.set(test, { p: ps[i] ?? 1, of: family.length }));
  }
  return test => {
    const answer = answers.get(test) ?? { why: "it was not tested" };
    if ("why" in answer) throw new Unanswerable(answer.why);
    const { result } = answer;
    return adjustedVerdict(test, result, adjusted.get(test) ?? { p: result.p, of: 1 });
  };
}

function pOf(answer: Answer | undefined): number {
  return answer !== undefined && "result" in answer ? answer.result.p : 1;
}

/** A mean over values that are not all finite is shown as what it is. */
function unanswered(expectation: Expectation, why: Unanswerable): Finding {
  const expected = expectation.type === "metric" ? expectation.value : expectedText(expectation);
  const values = expectation.type === "metric" && why instanceof NotFinite ? why.values : [];
  return {
    ...{
      expected,
      actual: values.length === 0 ? null : estimate(values).mean,
      tolerance: null,
      interval: null,
    },
    ...{ wanted: null, level: null, n: values.length, p: null, ok: false, note: why.message },
  };
}

function expectedText(expectation: Exclude<Expectation, { type: "metric" }>): string {
  return expectation.type === "claim" ? expectation.that : expectation.of;
}
