import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { projectOf } from "../../core/project-folder.js";
import { examinersHere, examinersOn, type Examiners } from "../../store/verify/examiners.js";
import type { StatedMetrics } from "../../store/verify/stated.js";
import type { Store } from "../../store/store.js";
import { measure, verify, type Extent, type Verified } from "../../store/verify/verify.js";
import { assess } from "../../store/verify/verify-loss.js";
import { repair, type Repaired } from "../../store/verify/verify-repair.js";
import { TaskProgress } from "../../ui/task-progress.js";
import { DAMAGED, DONE, FAILED, INTERRUPTED } from "../call/exit.js";
import { onStdout, print, printJson, splitTarget, type Session } from "../call/session.js";
import { openStore } from "../../workflow/open-store.js";
import { refuseUnknownPipeline } from "../call/named-runs.js";
import { verifiedJson, verifiedText } from "./verified.js";

/**
 * `vistas verify [--repair] [--json]`: rereads every byte of the store and reports what is damaged and what it belongs to.
 * Exit code 0 when all is well or (`--repair`) will be again, 1 when there is damage that a repair would clear, 4 when
 * something cannot be made again or taken away.
 */
export async function verifyCommand(
  session: Session,
  args: string[],
  options: { repair?: boolean; json?: boolean },
): Promise<number> {
  const { pipeline } = splitTarget(session, args);
  const store = openStore(session, pipeline);
  refuseUnknownPipeline(session, store, args);
  const extent = measure(store.disk, store.root);
  const examiners = examinersFor(store, extent, session.tools.statedMetrics);
  const progress = new TaskProgress(
    session.quiet ? { write: () => true } : session.stderr,
    session.tools.clock,
    {
      what: "verified",
      total: extent,
      isTTY: session.isTTY,
    },
  );
  let found: Verified;
  let items = 0;
  const show = (): void => progress.show({ items, bytes: examiners.bytes() });
  const timer = setInterval(show, 250);
  try {
    found = await verify(store.disk, store.root, examiners, {
      onItems: done => {
        items = done;
        show();
      },
      signal: session.signal,
    });
  } catch (error) {
    if (session.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    clearInterval(timer);
    await examiners.close();
  }
  const damage = await assess(store, projectOf(resolve(session.cwd, pipeline)), found.damage);
  const mended =
    options.repair === true ? await repair(store, damage, `vistas ${session.tools.version}`) : undefined;
  const seconds = progress.end();
  const bytes = examiners.bytes();
  const outcome = {
    root: store.root,
    ...found,
    damage: mended ?? damage,
    repaired: mended !== undefined,
    bytes,
    seconds,
  };
  if (options.json === true) printJson(session, verifiedJson(outcome));
  else print(session, verifiedText(outcome, onStdout(session)));
  return exitCode(outcome);
}

/** Threads cost more to start than a small store takes to read. */
function examinersFor(store: Store, { items, bytes }: Extent, stated: StatedMetrics): Examiners {
  const few = items < 2000 && bytes < 2 ** 26;
  return few
    ? examinersHere(store.disk, store.root, stated)
    : examinersOn(store.root, stated, Math.min(availableParallelism(), 16));
}

function exitCode({ damage, repaired }: { damage: readonly Repaired[]; repaired: boolean }): number {
  if (damage.some(({ cure, refused }) => cure === "lost" || refused !== undefined)) return DAMAGED;
  return damage.length === 0 || repaired ? DONE : FAILED;
}
