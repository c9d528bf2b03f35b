import { UsageError } from "../../core/diagnostic.js";
import { nearest } from "../../core/nearest.js";
import type { RunRecord, RunStep } from "../../core/record.js";
import { alternatives, code } from "../../pipeline/mistakes/wording.js";

/** Which instances of past runs the words name: `STEP` or `STEP[seed=0]`. Throws a `UsageError` for a step in none of the runs. */
export function instanceSelector(
  runs: readonly RunRecord[],
  words: readonly string[],
): (step: RunStep) => boolean {
  const known = new Set(runs.flatMap(({ steps }) => steps.map(({ step }) => step)));
  const selectors = words.map(word => {
    const [, step = word, labels = ""] = /^([^[\]]+)(?:\[([^\]]*)\])?$/.exec(word) ?? [];
    if (!known.has(step)) {
      const near = nearest(step, known);
      const there =
        known.size === 0 ? "there are no runs yet" : `they have ${alternatives([...known], "and")}`;
      const hint = near === undefined ? there : `did you mean ${code(near)}?`;
      throw UsageError.ofCall("unknown-step", `no remembered run has a step ${code(step)}`, hint);
    }
    return {
      step,
      labels: labels
        .split(",")
        .map(part => part.trim())
        .filter(part => part !== ""),
    };
  });
  return ({ step, labels }) =>
    selectors.some(
      one =>
        one.step === step &&
        one.labels.every(part =>
          Object.entries(labels).some(([axis, value]) => part === `${axis}=${String(value)}`),
        ),
    );
}
