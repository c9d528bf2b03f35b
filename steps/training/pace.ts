import { setImmediate as turn } from "node:timers/promises";
import type { StepContext } from "../../runner/step-api.js";

/** How a training tells of itself while it runs. */
export interface Pace {
  /**
   * Call after update `done` (1, 2, ...). On every `every`-th and the last one it reads the loss, records it as a
   * point of the curve `loss`, shows it with the rate, and lets messages (such as a cancellation) come in.
   * Throws when the step is cancelled, and when the loss is no finite number any more.
   */
  readonly tick: (done: number, loss: () => Promise<number>) => Promise<void>;
  /** Points of the curve so far. */
  readonly curve: readonly (readonly [update: number, loss: number])[];
}

/** `perUpdate`: images that one update takes, for the rate shown. The rate enters no result. */
export function pace(
  ctx: Pick<StepContext, "progress" | "metric" | "signal">,
  total: number,
  perUpdate: number,
  every = 10,
): Pace {
  const curve: [number, number][] = [];
  let [since, at] = [0, performance.now()];
  return {
    curve,
    async tick(done, loss) {
      if (done % every !== 0 && done !== total) return;
      const value = await loss();
      if (!Number.isFinite(value))
        throw new Error(`training diverged: the loss is ${value} at update ${done}; try a smaller 'lr'`);
      const now = performance.now();
      const rate = ((done - since) * perUpdate * 1000) / Math.max(1, now - at);
      [since, at] = [done, now];
      curve.push([done, value]);
      ctx.metric("loss", value, done);
      ctx.progress(done, total, `loss ${value.toFixed(3)}, ${Math.round(rate)} images/s`);
      await turn();
      ctx.signal.throwIfAborted();
    },
  };
}
