import type { Readable, Writable } from "node:stream";
import type { Mask } from "../../core/secrets/mask.js";
import type { JobHooks, JobResult } from "./job.js";

/**
 * Passes what a program says on to its log, without its secrets. Its two streams go through one mask, in the order in
 * which they come, so that half a secret on each is found too. The function returned writes what was held back.
 */
export function logThrough(mask: Mask, streams: readonly (Readable | null)[], log: Writable): () => void {
  const masked = mask.stream();
  for (const stream of streams) {
    stream?.on("data", (chunk: Buffer) => {
      if (log.write(masked.push(chunk))) return;
      // A disk slower than the program must not fill the memory.
      stream.pause();
      log.once("drain", () => stream.resume());
    });
  }
  return () => void log.write(masked.end());
}

/** What a step tells, without its secrets. */
export function maskedHooks(hooks: JobHooks, mask: Mask): JobHooks {
  return {
    ...hooks,
    progress: (done, total, note) => hooks.progress(done, total, mask.text(note)),
    log: line => hooks.log(mask.text(line)),
    notice: message => hooks.notice(mask.text(message)),
  };
}

/** The same of what it came to. */
export function maskedResult(result: JobResult, mask: Mask): JobResult {
  if (!result.ok) return { ...result, error: mask.text(result.error) };
  const named = <T>(table: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(table).map(([name, value]) => [mask.text(name), value]));
  return { ...result, metrics: named(result.metrics), curves: named(result.curves) };
}
