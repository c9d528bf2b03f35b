import { parseSize } from "../../pipeline/schema/units.js";
import { UsageError } from "../../core/diagnostic.js";
import { endStaleRuns } from "../../exec/attempt/stale-runs.js";
import { dryRun, gc, type Collected } from "../../store/gc/gc.js";
import type { Plan, Policy } from "../../store/gc/gc-plan.js";
import type { Store } from "../../store/store.js";
import { turnText } from "../../store/locks/turns.js";
import { bytes, counted, moment } from "../../ui/quantities.js";
import { table } from "../../ui/table.js";
import { DAMAGED, DONE, INTERRUPTED } from "../call/exit.js";
import { lockedKeys } from "../call/locked.js";
import { namedRun, scopeOf, refuseUnknownPipeline } from "../call/named-runs.js";
import { print, printJson, splitTarget, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";

export interface GcOptions {
  readonly keepLast?: string;
  readonly keep?: readonly string[];
  readonly lock?: readonly string[];
  readonly maxSize?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/**
 * `vistas gc`: drops what nothing needs. Results of the newest `--keep-last` runs stay, those of named runs and of locks
 * beside the pipelines always. Without `--keep-last` all runs keep theirs, unless there is a `--max-size`: then none
 * does, and least recently used results go until the store is that small.
 */
export async function gcCommand(session: Session, args: string[], options: GcOptions): Promise<number> {
  const { pipeline, steps } = splitTarget(session, args);
  if (steps.length > 0)
    throw UsageError.ofCall(
      "bad-call",
      `\`gc\` takes no step: ${steps.join(", ")}`,
      "It is about the whole store.",
    );
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  const policy = policyOf(session, store, pipeline, args, options);
  try {
    const found = await (options.dryRun === true ? dryRun(store, policy) : collect(session, store, policy));
    if (found.unreadable.length > 0) return refuse(session, found.unreadable);
    if (options.json === true) printJson(session, asJson(found, policy, options));
    else print(session, asText(found, policy, options));
    const over = overBy(found, policy);
    if (over > 0) session.stderr.write(`warning: ${overText(over, found, policy, options)}\n`);
    return DONE;
  } catch (error) {
    if (session.signal.aborted) return INTERRUPTED;
    throw error;
  }
}

async function collect(session: Session, store: Store, policy: Policy): Promise<Collected> {
  const found = await gc(store, policy, {
    waits: other => void session.stderr.write(`waits for ${turnText(other)} to be done\n`),
    sweep: async owner => {
      for (const line of await endStaleRuns(store, owner)) session.stderr.write(`note: ${line}\n`);
    },
    signal: session.signal,
  });
  store.stats.save();
  store.cache.prune(session.tools.clock.now());
  return found;
}

function policyOf(
  session: Session,
  store: Store,
  pipeline: string,
  args: readonly string[],
  options: GcOptions,
): Policy {
  const { keepLast, keep = [], lock = [], maxSize } = options;
  if (keepLast !== undefined && !/^\d{1,9}$/.test(keepLast))
    throw UsageError.ofCall(
      "bad-option",
      `--keep-last ${keepLast} is not a number of runs`,
      "For example: --keep-last 5.",
    );
  const most = maxSize === undefined ? undefined : parseSize(maxSize);
  if (maxSize !== undefined && most === undefined)
    throw UsageError.ofCall(
      "bad-option",
      `--max-size ${maxSize} is not a size`,
      "For example: --max-size 20GB.",
    );
  return {
    keepLast: keepLast === undefined ? (most === undefined ? Infinity : 0) : Number(keepLast),
    keep: new Set(
      keep.map(word => namedRun({ ...scopeOf(session, store, pipeline, args), named: false }, word).id),
    ),
    locked: lockedKeys(session, store, pipeline, lock),
    ...(most === undefined ? {} : { maxSize: most }),
  };
}

/** A store of which not even that much is known is not to be made smaller. */
function refuse(session: Session, runs: readonly string[]): number {
  const which =
    runs.length > 3 ? `${runs.slice(0, 3).join(", ")} and ${runs.length - 3} more` : runs.join(", ");
  session.stderr.write(
    `error: the ${runs.length === 1 ? "record" : "records"} of ${which} cannot be read, so what ` +
      `${runs.length === 1 ? "that run needs" : "those runs need"} is not known; nothing was removed\n` +
      "  `vistas verify --repair` puts what is damaged out of the way.\n",
  );
  return DAMAGED;
}

function asJson(
  { plan, freed }: Collected,
  { maxSize }: Policy,
  { dryRun: dry = false }: GcOptions,
): unknown {
  const gone = dry ? plan.freed : freed;
  return {
    ...{ dryRun: dry, total: plan.total, freed: gone, kept: plan.total - gone },
    ...(maxSize === undefined ? {} : { maxSize }),
    steps: plan.lines.map(line => ({ ...line, output: line.output === "" ? null : line.output })),
    ...{ runs: plan.runs.map(({ id }) => id), orphans: plan.orphans },
    ...{ failed: countOf(failedIn(plan)), other: countOf(othersIn(plan)) },
  };
}

function failedIn({ rest }: Plan): Plan["rest"] {
  return rest.filter(({ kind }) => kind === "failed");
}

function othersIn({ rest }: Plan): Plan["rest"] {
  return rest.filter(({ kind }) => kind !== "failed");
}

function countOf(rest: Plan["rest"]): { count: number; bytes: number } {
  return { count: rest.length, bytes: rest.reduce((sum, { bytes: size }) => sum + size, 0) };
}

/** More lines than one reads. */
const MOST_LINES = 40;

function asText({ plan, freed }: Collected, policy: Policy, { dryRun: dry = false }: GcOptions): string {
  const lines: string[] = [];
  const shown = plan.lines.slice(0, MOST_LINES);
  if (shown.length > 0) {
    const rows = shown.map(({ step, output, count, bytes: size, lastUsed }) => [
      ...[step, output === "" ? "(parts)" : output, String(count), bytes(size), moment(lastUsed)],
    ]);
    lines.push(table(["step", "output", dry ? "would drop" : "dropped", "frees", "last used"], rows), "");
  }
  if (plan.lines.length > shown.length)
    lines.push(`and ${plan.lines.length - shown.length} more; --json lists all`);
  const also: string[] = [];
  if (plan.runs.length > 0) also.push(`${counted(plan.runs.length, "run")} with logs and reports`);
  if (plan.orphans.count > 0)
    also.push(`${counted(plan.orphans.count, "object")} that nothing names (${bytes(plan.orphans.bytes)})`);
  const [failed, others] = [countOf(failedIn(plan)), othersIn(plan)];
  if (failed.count > 0)
    also.push(`${counted(failed.count, "work folder")} of failed attempts (${bytes(failed.bytes)})`);
  if (others.length > 0) also.push(counted(others.length, "other file"));
  if (also.length > 0) lines.push(`${dry ? "would also drop" : "also dropped"}: ${also.join(", ")}`);
  const gone = dry ? plan.freed : freed;
  lines.push(
    `${dry ? "would free" : "freed"} ${bytes(gone)} of ${bytes(plan.total)}; ${bytes(plan.total - gone)} stay`,
  );
  if (gone === 0 && policy.keepLast === Infinity)
    lines.push("All runs keep their results; --keep-last N or --max-size SIZE lets those of older ones go.");
  return lines.join("\n");
}

function overBy({ plan, freed }: Collected, { maxSize = Infinity }: Policy): number {
  return plan.total - Math.max(freed, plan.freed) - maxSize;
}

function overText(over: number, { plan }: Collected, policy: Policy, options: GcOptions): string {
  const keepers = [
    ...(policy.keepLast > 0 ? [`the last ${counted(policy.keepLast, "run")}`] : []),
    ...["named runs", "locks"],
    ...(options.keep === undefined ? [] : ["--keep"]),
  ];
  return (
    `${bytes(plan.total - plan.freed)} stay, ${bytes(over)} more than --max-size ${options.maxSize ?? ""}: ` +
    `it is kept by ${keepers.join(", ")}; what they need never goes for its size`
  );
}
