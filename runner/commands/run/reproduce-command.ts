import { resolve } from "node:path";
import { allowance } from "../../claims/check-metric.js";
import { UsageError } from "../../core/diagnostic.js";
import type { Labels } from "../../core/labels.js";
import type { RunRecord, StepResult } from "../../core/record.js";
import { twice, withoutParts } from "../../exec/again.js";
import type { Graph } from "../../pipeline/graph/graph.js";
import { compareWithLock } from "../../lock/compare.js";
import { type Determinism, determinismOf, type Rerun } from "../../lock/label.js";
import { type Lock, makeLock } from "../../lock/lock.js";
import type { Reproduction } from "../../report/verdict/reproduction.js";
import { Audits } from "../../store/records/audits.js";
import { systemDisk } from "../../store/disk.js";
import { writeAtomic } from "../../store/files.js";
import { DONE, FAILED, UNMET } from "../call/exit.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import type { OpenPipeline } from "../../workflow/open-pipeline.js";
import { loadLock, lockFileOf, saveLock } from "../call/lock-file.js";
import { perform, type PerformOptions } from "../call/perform.js";
import { checkResults, keepReproduction } from "../call/reproductions.js";
import { runResults } from "../../workflow/run-results.js";
import { onStdout, print, printJson, type Session, pipelineOf } from "../call/session.js";

interface Options extends LoadOptions, PerformOptions {
  readonly fresh?: boolean;
  readonly twice?: boolean;
  readonly update?: boolean;
  readonly lock?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly json?: boolean;
}

/** `vistas reproduce`: runs a pipeline and holds its results against `expect:` and against the lock beside it. */
export async function reproduceCommand(session: Session, args: string[], options: Options): Promise<number> {
  const { pipeline, steps } = pipelineOf(session, args);
  const target = await openTarget(session, args, options).catch(async (error: unknown) => {
    if (error instanceof UsageError) await writeInvalid(session, pipeline, error, options);
    throw error;
  });
  const file = lockFileOf(pipeline, options.lock);
  // A lock that is about to be replaced need not be readable.
  const lock = options.update === true ? undefined : loadLock(session, pipeline, file);
  refuseIdle(target, lock, file, options, steps);

  const reruns = new Map<string, Rerun>();
  let grown = target;
  const anew = options.fresh === true || options.twice === true;
  const record = await perform(
    session,
    anew ? fromNothing(target, options, reruns, () => grown.graph) : target,
    options,
    () => () => anew,
    now => (grown = now),
  );
  const { store } = target.host;
  const results = runResults(store, record);
  const checks = checkResults(target.expect, grown.graph, results, options.update === true ? "this" : lock);
  const audits = auditsOf(target, results, reruns);
  keepAudits(target, record, results, audits);
  const whole = grown.nodes.length === grown.graph.nodes.length;
  const compared =
    lock === undefined
      ? null
      : {
          ...compareWithLock(lock, results, {
            environment: record.environment,
            allowance: allowed(target),
            whole,
          }),
          file,
        };
  const ok = record.outcome === "done" && checks.every(check => check.ok) && compared?.ok !== false;
  const reproduction: Reproduction = {
    ...{
      format: 1,
      run: record.id,
      pipeline: record.pipeline,
      outcome: record.outcome,
      ok,
      checks,
      lock: compared,
    },
    audits: [...audits].map(([id, audit]) => ({ id, ...audit })),
  };
  keepReproduction(store, reproduction);
  await writeVerdict(session, target, record, reproduction, options);
  if (options.update === true)
    update(session, target, file, makeLockOf(target, record, results), reproduction);
  if (record.outcome !== "done") return FAILED;
  return ok ? DONE : UNMET;
}

function refuseIdle(
  { expect, graph }: OpenPipeline,
  lock: Lock | undefined,
  file: string,
  options: Options,
  steps: readonly string[],
): void {
  if (options.update === true && steps.length > 0)
    throw UsageError.ofCall(
      "bad-call",
      "`--update` makes the lock of a whole pipeline",
      `Leave the steps out: ${steps.join(", ")}.`,
    );
  if (options.lock !== undefined && lock === undefined && options.update !== true)
    throw UsageError.ofCall("no-lock", `there is no lock ${file}`, "`--update` makes it.");
  if (expect.length > 0 || lock !== undefined || options.update === true || options.twice === true) return;
  throw UsageError.ofCall(
    "nothing-expected",
    `${graph.name} expects nothing: it has no \`expect:\`, and there is no ${file}`,
    "Write what should come out under `expect:` (docs/reproduce.md), or keep this run's results with `vistas reproduce --update`.",
  );
}

/** The same target, whose steps find nothing that was made before; with `--twice` each is run twice. */
function fromNothing(
  target: OpenPipeline,
  options: Options,
  reruns: Map<string, Rerun>,
  graphNow: () => Graph,
): OpenPipeline {
  const { host } = target;
  const bare = withoutParts(host.executor);
  const executor =
    options.twice === true
      ? twice(bare, graphNow, host.clock, (id, rerun) => void reruns.set(id, rerun))
      : bare;
  return { ...target, host: { ...host, executor } };
}

/** What the expectations allow a metric to be off, of those that do not count in standard errors. */
function allowed({ expect }: OpenPipeline) {
  return (step: string, labels: Labels, metric: string, value: number): number | undefined => {
    for (const expectation of expect) {
      if (expectation.type !== "metric" || expectation.tolerance.unit === "se") continue;
      const { metric: ref, tolerance } = expectation;
      const fits = ref.labels.every(({ axis, label }) => String(labels[axis]) === label);
      if (ref.step === step && ref.metric === metric && fits) return allowance(tolerance, value, []);
    }
    return undefined;
  };
}

function auditsOf(
  target: OpenPipeline,
  results: readonly StepResult[],
  reruns: ReadonlyMap<string, Rerun>,
): Map<string, Determinism> {
  const of = allowed(target);
  const found = new Map<string, Determinism>();
  for (const { step, record } of results) {
    const rerun = reruns.get(step.id);
    if (rerun === undefined || record === null) continue;
    found.set(
      step.id,
      determinismOf(rerun, (metric, value) => of(step.step, step.labels, metric, value) ?? 0),
    );
  }
  return found;
}

function keepAudits(
  { host: { store } }: OpenPipeline,
  { finished }: RunRecord,
  results: readonly StepResult[],
  audits: ReadonlyMap<string, Determinism>,
): void {
  const kept = new Audits(store.root, store.disk);
  for (const { step, record } of results) {
    const audit = audits.get(step.id);
    if (audit !== undefined && record !== null) kept.put({ format: 1, key: record.key, ...audit, finished });
  }
}

function makeLockOf(
  { host: { store } }: OpenPipeline,
  record: RunRecord,
  results: readonly StepResult[],
): Lock {
  const kept = new Audits(store.root, store.disk);
  const keys = new Map(results.map(({ step, record: made }) => [step.id, made?.key]));
  return makeLock(record, results, id => kept.get(keys.get(id) ?? "")?.label);
}

function update(
  session: Session,
  target: OpenPipeline,
  file: string,
  lock: Lock,
  { ok, outcome }: Reproduction,
): void {
  if (ok) {
    saveLock(session, target.host.store, file, lock);
    if (!session.quiet) session.stderr.write(`wrote ${file}\n`);
    return;
  }
  const why = outcome === "done" ? "an expectation is not met" : "the run did not come to its end";
  session.stderr.write(`${file} was not written: ${why}\n`);
}

/** Uploaders of results find the mistakes of a pipeline that is not valid where they look for a verdict. */
async function writeInvalid(
  session: Session,
  pipeline: string,
  { diagnostics }: UsageError,
  { junit, markdown }: Options,
): Promise<void> {
  const { renderInvalidJunit, renderInvalidMarkdown } = await import("../../report/verdict/invalid.js");
  const write = (file: string, text: string): void =>
    writeAtomic(systemDisk, resolve(session.cwd, file), text);
  if (junit !== undefined)
    write(junit, renderInvalidJunit(pipeline, diagnostics, session.tools.clock.now().toISOString()));
  if (markdown !== undefined) write(markdown, renderInvalidMarkdown(pipeline, diagnostics));
}

async function writeVerdict(
  session: Session,
  { host: { store } }: OpenPipeline,
  record: RunRecord,
  reproduction: Reproduction,
  { junit, markdown, json }: Options,
): Promise<void> {
  if (junit !== undefined) {
    const { renderJunit } = await import("../../report/verdict/junit.js");
    writeAtomic(store.disk, resolve(session.cwd, junit), renderJunit(reproduction, record));
  }
  if (markdown !== undefined) {
    const { renderChecksMarkdown } = await import("../../report/verdict/checks-markdown.js");
    writeAtomic(store.disk, resolve(session.cwd, markdown), renderChecksMarkdown(reproduction));
  }
  if (json === true) {
    const { reproductionJson } = await import("../../report/verdict/reproduction.js");
    printJson(session, reproductionJson(reproduction));
  } else {
    const { renderChecksTable } = await import("../../report/verdict/checks-table.js");
    print(session, renderChecksTable(reproduction, onStdout(session)));
  }
}
