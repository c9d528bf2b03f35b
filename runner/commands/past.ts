import { relative, resolve } from "node:path";
import { UsageError } from "../core/diagnostic.js";
import { nearest } from "../core/nearest.js";
import type { RunRecord, RunStep } from "../core/record.js";
import type { Store } from "../store/store.js";
import { projectOf } from "../graph/load.js";
import type { Session } from "./session.js";

/** Past runs of a pipeline file, newest first. */
export function* pastRuns(session: Session, store: Store, pipeline: string): Generator<RunRecord> {
  const file = resolve(session.cwd, pipeline);
  const name = relative(projectOf(file), file);
  for (const id of store.runs.ids()) {
    const run = store.runs.get(id);
    if (run?.file === name) yield run;
  }
}

/** The run that `word` names: an id, the unambiguous beginning or end of one, `latest`, or what the user calls it. */
export function namedRun(store: Store, word: string): RunRecord {
  const ids = store.runs.ids();
  const found =
    word === "latest"
      ? ids.slice(0, 1)
      : ids.filter(id => id === word || id.startsWith(word) || id.endsWith(word));
  const run = found[0] === undefined ? runCalled(store, word) : store.runs.get(found[0]);
  if (found.length <= 1 && run !== undefined) return run;
  const many = found.length > 1 ? `; it could be ${found.slice(0, 3).join(", ")}` : "";
  throw UsageError.ofCall(
    "unknown-run",
    `there is no one run "${word}"${many}`,
    "`vistas runs` lists them; `latest` is the newest.",
  );
}

/** The newest run that the user calls so. */
function runCalled(store: Store, name: string): RunRecord | undefined {
  for (const id of store.runs.ids()) {
    const run = store.runs.get(id);
    if (run?.name === name) return run;
  }
  return undefined;
}

/**
 * The newest finished instances that `STEP[.output]` or `STEP[seed=0].output` names.
 * Throws a `UsageError` when no run has such a step.
 */
export function namedSteps(
  session: Session,
  store: Store,
  pipeline: string,
  word: string,
): { steps: RunStep[]; output: string | undefined } {
  const [, step = word, labels, output] = /^([A-Za-z_][\w-]*)(\[[^\]]*\])?(?:\.([\w-]+))?$/.exec(word) ?? [];
  const wanted = (labels ?? "")
    .slice(1, -1)
    .split(",")
    .map(part => part.trim())
    .filter(part => part !== "");
  const known = new Set<string>();
  for (const run of pastRuns(session, store, pipeline)) {
    const found = run.steps.filter(({ step: name, labels: at, key, outcome }) => {
      known.add(name);
      if (name !== step || key === null || (outcome !== "ran" && outcome !== "cached")) return false;
      return wanted.every(part =>
        Object.entries(at).some(([axis, value]) => part === `${axis}=${String(value)}`),
      );
    });
    if (found.length > 0) return { steps: found, output };
  }
  const near = nearest(step, known);
  throw UsageError.ofCall(
    "no-result",
    known.has(step) ? `${word} has no result yet` : `no run of ${pipeline} has a step ${step}`,
    near !== undefined && near !== step
      ? `Did you mean ${near}?`
      : `Run it first: vistas run ${pipeline} ${step}`,
  );
}
