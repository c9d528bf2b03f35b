import { join, resolve } from "node:path";
import { UsageError } from "../core/diagnostic.js";
import { instanceId } from "../core/labels.js";
import { DONE } from "./exit.js";
import { copyOut, differingFile, refuseLinksBelow } from "../store/checkout.js";
import { labelFileName } from "../exec/label-file-name.js";
import { namedSteps } from "./past.js";
import { reading } from "./reading.js";
import { stepResult } from "./results.js";
import { openStore, print, splitTarget, type Session } from "./session.js";

/**
 * `vistas checkout STEP[.output] DIR`: copies artifacts to `DIR/<name>`, or to `DIR/<labels>/<name>` when the step
 * has several instances. Files that are there already and differ are kept, unless `--force`.
 * With `--link` files take no room of their own where the disk can, and are read-only.
 */
export async function checkoutCommand(
  session: Session,
  args: string[],
  options: { force?: boolean; link?: boolean },
): Promise<number> {
  const { pipeline, steps: words } = splitTarget(args);
  const [word, folder, more] = words;
  if (word === undefined || folder === undefined || more !== undefined) {
    throw UsageError.ofCall(
      "bad-call",
      "`checkout` needs a step and a folder",
      "For example: vistas checkout probe.report out/",
    );
  }
  const store = openStore(session, pipeline);
  const { steps, output } = namedSteps(session, store, pipeline, word);
  return reading(
    store,
    steps.map(({ key }) => key),
    async () => {
      const copies: { from: string; to: string }[] = [];
      for (const step of steps) {
        const { record, paths } = await stepResult(store, step);
        const names = output === undefined ? Object.keys(record?.outputs ?? {}) : [output];
        for (const name of names) {
          const from = paths[name];
          if (from === undefined) {
            throw UsageError.ofCall(
              "no-artifact",
              `${step.id}.${name} is not in the store`,
              `Make it again: vistas run ${pipeline} "${instanceId(step.step, step.labels)}"`,
            );
          }
          const place = steps.length > 1 ? join(folder, labelFileName(step.labels)) : folder;
          copies.push({ from, to: resolve(session.cwd, place, record?.outputNames[name] ?? name) });
        }
      }
      for (const { to } of copies) refuseLinksBelow(store.disk, resolve(session.cwd, folder), to);
      if (options.force !== true) {
        const lost = copies
          .map(({ from, to }) => differingFile(store.disk, from, to))
          .find(file => file !== undefined);
        if (lost !== undefined)
          throw UsageError.ofCall(
            "would-overwrite",
            `${lost} is there already and differs`,
            "Give another folder, or --force to overwrite it.",
          );
      }
      for (const { from, to } of copies) {
        copyOut(store.disk, from, to, options.link === true ? "link" : "copy");
        print(session, to);
      }
      store.stats.save();
      return DONE;
    },
  );
}
