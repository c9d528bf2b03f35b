import { dirname, join, resolve, sep } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { instanceId } from "../../core/labels.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { DONE } from "../call/exit.js";
import { Checkout } from "../../store/checkout/checkout.js";
import type { Difference, Target } from "../../store/checkout/comparison.js";
import { isDamagedFile } from "../../store/checkout/copies.js";
import { refusePlace } from "../../store/checkout/target-place.js";
import { removeEmpty } from "../../store/files.js";
import type { Store } from "../../store/store.js";
import { labelFileName } from "../../exec/attempt/label-file-name.js";
import { namedSteps, noSuchOutput, warnOf } from "../call/named-steps.js";
import { reading } from "../call/reading.js";
import { recordOf } from "../../workflow/run-results.js";
import { openStore } from "../../workflow/open-store.js";
import { refuseUnknownPipeline, runOf } from "../call/named-runs.js";
import { print, splitTarget, type Session } from "../call/session.js";

/**
 * `vistas checkout STEP[.output] DIR`: makes `DIR/<name>`, or `DIR/<labels>/<name>` when the step has several instances,
 * what the artifact is. What an earlier checkout wrote and nobody changed since is replaced or removed; where anything
 * else would be lost it refuses, unless `--force`. With `--link` files take no room of their own where the disk can, and
 * are read-only.
 */
export async function checkoutCommand(
  session: Session,
  args: string[],
  options: { force?: boolean; link?: boolean; run?: string },
): Promise<number> {
  const { pipeline, steps: words } = splitTarget(session, args);
  const [word, folder, more] = words;
  if (word === undefined || folder === undefined || more !== undefined) {
    throw UsageError.ofCall(
      "bad-call",
      "`checkout` needs a step and a folder",
      "For example: vistas checkout probe.report out/",
    );
  }
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  const base = resolve(session.cwd, folder);
  const run = runOf(session, store, pipeline, args, options.run);
  const { found, output, several, notices } = namedSteps(session, store, pipeline, word, run);
  const steps = found.map(({ step }) => step);
  warnOf(session, notices);
  return reading(session, store, async () => {
    const targets: Wanted[] = [];
    for (const step of steps) {
      const record = recordOf(store, step);
      const all = Object.keys(record?.outputs ?? {});
      if (record !== null && output !== undefined && !all.includes(output))
        throw noSuchOutput(step.id, output, all);
      const names = output === undefined ? all : [output];
      for (const name of names) {
        const ref = record?.outputs[name];
        const missing = (): UsageError =>
          UsageError.ofCall(
            "no-artifact",
            `${step.id}.${name} is not in the store`,
            `Make it again: vistas run ${shellWord(pipeline)} ${shellWord(instanceId(step.step, step.labels))}`,
          );
        if (ref === undefined) throw missing();
        const place = several ? join(base, labelFileName(step.labels)) : base;
        const to = join(place, record?.outputNames[name] ?? name);
        targets.push({ to, artifact: { ref, from: store.objects.path(ref) }, missing });
      }
    }
    await bringAll(session, store, options, targets, {
      base,
      what: JSON.stringify([resolve(session.cwd, pipeline), word]),
    });
    for (const { to } of targets) print(session, to);
    store.stats.save();
    return DONE;
  });
}

/** `base`: the folder that the user named; `what` was checked out to it: what it left there earlier goes. */
async function bringAll(
  session: Session,
  store: Store,
  { force = false, link = false }: { force?: boolean; link?: boolean },
  targets: readonly Wanted[],
  { base, what }: { readonly base: string; readonly what: string },
): Promise<void> {
  const checkout = new Checkout(store, link ? "link" : "copy", session.signal);
  const places = new Set(targets.map(({ to }) => to));
  const earlier = store.written.targets(base, what).filter(to => isBelow(base, to));
  const gone = earlier.filter(to => !places.has(to)).map((to): Wanted => ({ to, artifact: undefined }));
  const differences: (Difference & Pick<Wanted, "missing">)[] = [];
  for (const target of [...gone, ...targets]) {
    refusePlace(store, base, target.to);
    const difference = await orMissing(target, () => checkout.compare(target));
    differences.push({ ...difference, ...target });
  }
  const foreign = differences.flatMap(difference => difference.foreign);
  if (foreign.length > 0 && !force) refuseLoss(foreign);
  store.written.putTargets(base, what, [...new Set([...earlier, ...places])]);
  for (const difference of differences) {
    await orMissing(difference, () => checkout.bring(difference));
    // The folder of an instance that is no more.
    const above = dirname(difference.target.to);
    if (difference.target.artifact === undefined && above !== base) removeEmpty(store.disk, above);
  }
  store.written.putTargets(base, what, [...places]);
}

interface Wanted extends Target {
  /** The mistake to report where the artifact is not whole. */
  readonly missing?: () => UsageError;
}

async function orMissing<T>({ missing }: Pick<Wanted, "missing">, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (missing !== undefined && isDamagedFile(error)) throw missing();
    throw error;
  }
}

function refuseLoss(foreign: readonly string[]): never {
  const [first = "", ...more] = foreign;
  const others = more.slice(0, MOST_LISTED).map(file => `\n  ${file}`);
  const left = more.length - others.length;
  throw UsageError.ofCall(
    "would-overwrite",
    more.length === 0
      ? `${first} is there already and differs`
      : `${foreign.length} files that no checkout wrote, or that were changed since, would be lost:\n  ${first}${others.join("")}${left > 0 ? `\n  and ${left} more` : ""}`,
    "Give another folder, or --force to overwrite and remove what the artifact does not have.",
  );
}

/** Files that a refusal lists after the first. */
const MOST_LISTED = 4;

function isBelow(base: string, path: string): boolean {
  return path.startsWith(base.endsWith(sep) ? base : base + sep) && resolve(path) === path;
}
