import { UsageError } from "../../core/diagnostic.js";
import type { JsonObject } from "../../core/json.js";
import { programFacts } from "../../cache/program-facts.js";
import type { Curve, StepRecord, StepResult } from "../../core/record.js";
import { DONE } from "../call/exit.js";
import { counted, duration, number } from "../../ui/quantities.js";
import { Audits } from "../../store/records/audits.js";
import { Sizes, type Size } from "../../store/objects/sizes.js";
import type { Determinism } from "../../lock/label.js";
import { table } from "../../ui/table.js";
import { namedSteps, noSuchOutput, recordGone, warnOf } from "../call/named-steps.js";
import { stepResult } from "../../workflow/run-results.js";
import { sizeText } from "../call/size-text.js";
import { refuseUnknownPipeline, runOf } from "../call/named-runs.js";
import { print, printJson, splitTarget, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";

/** `vistas show STEP[.output]`: the newest result of a step, and where its files are. */
export async function showCommand(
  session: Session,
  args: string[],
  options: { json?: boolean; run?: string },
): Promise<number> {
  const { pipeline, steps } = splitTarget(session, args);
  if (steps.length === 0)
    throw UsageError.ofCall("missing-step", "`show` needs a step", "For example: vistas show probe");
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  const audits = new Audits(store.root, store.disk);
  const sizes = new Sizes(store.root, store.disk);
  const run = runOf(session, store, pipeline, args, options.run);
  const shown: Shown[] = [];
  for (const word of steps) {
    const { found, output, notices } = namedSteps(session, store, pipeline, word, run);
    warnOf(session, notices);
    for (const { step, run: of } of found) {
      const result = await stepResult(store, step);
      if (result.record === null) throw recordGone(pipeline, step);
      shown.push({ run: of.id, ...describe(result, output, sizes), ...audited(audits, step.key) });
    }
  }
  store.stats.save();
  if (options.json === true) printJson(session, shown.length === 1 ? shown[0] : shown);
  else print(session, shown.map(render).join("\n\n"));
  return DONE;
}

function audited(audits: Audits, key: string | null): Pick<Shown, "determinism"> {
  const audit = key === null ? undefined : audits.get(key);
  return audit === undefined ? {} : { determinism: { label: audit.label, detail: audit.detail } };
}

interface Shown {
  readonly id: string;
  /** The newest run that had this result. */
  readonly run: string;
  readonly kind: string;
  readonly key: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly curves: Readonly<Record<string, Curve>>;
  /** Why it has none although it wrote a file of them. */
  readonly metricsFault?: string;
  readonly outputs: Record<
    string,
    { digest: string; type: string; bytes: number; temporary?: string; disk: number; path: string | null }
  >;
  /** Of all outputs together: what two of them share takes up its room once. */
  readonly size: Size;
  readonly params: JsonObject;
  readonly environment: JsonObject;
  readonly seconds: number;
  readonly finished: string | null;
  /** The label that running it twice gave, if that was ever done. */
  readonly determinism?: Determinism;
  /** That the same key has come to other results as well. */
  readonly variation?: string;
}

function describe(
  { step, record, paths, variation }: StepResult,
  output: string | undefined,
  sizes: Sizes,
): Omit<Shown, "run"> {
  const names = Object.keys(record?.outputs ?? {});
  if (output !== undefined && !names.includes(output)) throw noSuchOutput(step.id, output, names);
  const outputs: Shown["outputs"] = {};
  for (const [name, ref] of Object.entries(record?.outputs ?? {})) {
    if (output === undefined || name === output)
      outputs[name] = { ...ref, disk: sizes.of([ref]).disk, path: paths[name] ?? null };
  }
  const size = sizes.of(Object.values(record?.outputs ?? {}));
  return {
    ...{ id: step.id, kind: step.kind, key: step.key, metrics: record?.metrics ?? {} },
    ...{ curves: record?.curves ?? {}, outputs, size },
    ...{ params: record?.fingerprint.with ?? {}, environment: environmentOf(record) },
    ...{ seconds: record?.seconds ?? 0, finished: record?.finished ?? null },
    ...(variation === undefined ? {} : { variation }),
    ...(record?.metricsFault === undefined ? {} : { metricsFault: record.metricsFault }),
  };
}

/** Where it was made, and with which programs. */
function environmentOf(record: StepRecord | null): JsonObject {
  if (record === null) return {};
  const { environment, fingerprint } = record;
  return { ...environment, ...Object.fromEntries(programFacts(fingerprint)) };
}

function render(shown: Shown): string {
  const pairs = (title: string, rows: string[][]): string[] =>
    rows.length === 0
      ? []
      : [
          `  ${title}`,
          table(rows[0]?.map(() => "") ?? [], rows, { indent: 4 })
            .split("\n")
            .slice(1)
            .join("\n"),
        ];
  return [
    `${shown.id}  (${shown.kind})`,
    `  key ${shown.key ?? "-"}, run ${shown.run}, took ${duration(shown.seconds)}, finished ${shown.finished ?? "-"}, ${sizeText(shown.size)}`,
    ...(shown.variation === undefined ? [] : [`  ${shown.variation}`]),
    ...(shown.metricsFault === undefined ? [] : [`  ${shown.metricsFault}`]),
    ...(shown.determinism === undefined
      ? []
      : [`  run twice: ${shown.determinism.label} (${shown.determinism.detail})`]),
    ...pairs(
      "metrics",
      Object.entries(shown.metrics).map(([name, value]) => [name, number(value)]),
    ),
    ...pairs(
      "curves",
      Object.entries(shown.curves).map(([name, points]) => [
        name,
        counted(points.length, "point"),
        `from ${number(points[0]?.[0] ?? 0)} to ${number(points.at(-1)?.[0] ?? 0)}`,
      ]),
    ),
    ...pairs(
      "parameters",
      Object.entries(shown.params).map(([name, value]) => [name, JSON.stringify(value)]),
    ),
    ...pairs(
      "outputs",
      Object.entries(shown.outputs).map(([name, o]) => [
        name,
        sizeText(o),
        o.digest.slice(0, 12),
        o.path ??
          (o.temporary === undefined
            ? "(no longer in the store)"
            : "(temporary, and dropped; `vistas run` of this step alone makes it again)"),
      ]),
    ),
    ...pairs(
      "environment",
      Object.entries(shown.environment).map(([name, value]) => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  ].join("\n");
}
