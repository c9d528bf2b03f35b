import type { StepContext } from "../../runner/step-api.js";

/** Losses by update. */
export type Curve = readonly (readonly [update: number, loss: number])[];

/** Is the loss after so many updates a point of the curve, however long the training? */
export function isRegular(update: number): boolean {
  return update % 10 === 0;
}

/** Reports a training while it runs: its loss, and how many images it takes a second. */
export interface RateMeter {
  /** Is the loss after so many updates wanted? To read it, the training must wait for the engine. */
  due(done: number): boolean;
  /** Records it as a point of the curve `loss`, and shows it with the rate. Throws when it is no finite number. */
  report(done: number, loss: number): void;
  readonly curve: Curve;
}

/** `perUpdate`: images that one update takes, for the rate shown. The rate enters no result. `past`: reported again. */
export function openRateMeter(
  ctx: Pick<StepContext, "progress" | "metric">,
  total: number,
  perUpdate: number,
  past: Curve,
): RateMeter {
  for (const [update, loss] of past) ctx.metric("loss", loss, update);
  const curve = [...past];
  let [since, at] = [past.at(-1)?.[0] ?? 0, performance.now()];
  return {
    curve,
    due: done => isRegular(done) || done === total,
    report(done, loss) {
      if (!Number.isFinite(loss))
        throw new Error(`training diverged: the loss is ${loss} at update ${done}; try a smaller 'lr'`);
      const now = performance.now();
      const rate = ((done - since) * perUpdate * 1000) / Math.max(1, now - at);
      [since, at] = [done, now];
      curve.push([done, loss]);
      ctx.metric("loss", loss, done);
      ctx.progress(done, total, `loss ${loss.toFixed(3)}, ${Math.round(rate)} images/s`);
    },
  };
}
