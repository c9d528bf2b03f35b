import type { RunEvent } from "../../runner/core/event.js";
import type { Output } from "../../runner/ui/output.js";

/** An event without its time: the scenario's clock gives it. */
type Untimed<E> = E extends { time: string } ? Omit<E, "time"> : never;

/**
 * A run as a user would have it: two cached steps, an encoder with three seeds (the second one retried), a probe
 * that fails for one seed, and what hangs on it left out.
 */
export function scenario(): RunEvent[] {
  const events: RunEvent[] = [];
  let now = Date.parse("2026-11-23T06:10:19.000Z");
  const at = (seconds: number, event: Untimed<RunEvent>): void => {
    now += seconds * 1000;
    events.push({ ...event, time: new Date(now).toISOString() });
  };
  const start = (id: string, kind: string, reason: string, attempt = 1): Untimed<RunEvent> => {
    return { type: "step-start", id, kind, reason, attempt };
  };
  const end = (
    id: string,
    kind: string,
    outcome: "ran" | "cached" | "skipped",
    seconds: number,
    metrics = {},
  ) =>
    ({
      type: "step-end",
      id,
      kind,
      outcome,
      key: outcome === "skipped" ? null : "a".repeat(64),
      metrics,
      seconds,
      reason: outcome === "cached" ? "unchanged" : outcome === "skipped" ? "probe[seed=1] failed" : "new",
    }) as const;

  at(0, { type: "run-start", run: "20261123-061019-3f9a", pipeline: "quickstart", total: 9 });
  at(0, end("generator", "fetch-generator", "cached", 0));
  at(0, end("real", "fetch-dataset", "cached", 0));
  at(0.1, start("views", "sample-views", "with.sigma: 0.3 is now 0.5"));
  for (const done of [1024, 2048, 3072, 4096])
    at(1, { type: "step-progress", id: "views", done, total: 4096, note: "" });
  at(0.2, end("views", "sample-views", "ran", 4.2));
  at(0, start("encoder[seed=0]", "train-contrastive", "input views changed"));
  at(0, start("encoder[seed=1]", "train-contrastive", "input views changed"));
  for (let update = 50; update <= 500; update += 50) {
    const note = `loss ${(3.2 - update / 250).toFixed(2)}`;
    at(0.8, { type: "step-progress", id: "encoder[seed=0]", done: update, total: 500, note });
    if (update <= 150)
      at(0.1, { type: "step-progress", id: "encoder[seed=1]", done: update, total: 500, note });
    if (update === 200) {
      const error = "the device was lost\nat updates 163";
      at(0, { type: "step-retry", id: "encoder[seed=1]", attempt: 1, error });
      at(0, start("encoder[seed=1]", "train-contrastive", "input views changed", 2));
    }
  }
  at(0, { type: "step-log", id: "encoder[seed=0]", line: "saved \u001b[31mcheckpoint\u001b[0m 500" });
  at(0.3, end("encoder[seed=0]", "train-contrastive", "ran", 9.4, { loss: 1.2044 }));
  at(0, { type: "notice", message: "the disk is 91 % full" });
  at(12, { type: "step-progress", id: "encoder[seed=1]", done: 499, total: 500, note: "loss 1.19" });
  at(0.2, end("encoder[seed=1]", "train-contrastive", "ran", 21.5, { loss: 1.1871 }));
  at(0, start("probe[seed=0]", "evaluate-probe", "input encoder changed"));
  at(2, end("probe[seed=0]", "evaluate-probe", "ran", 2.04, { accuracy: 0.8123, loss: 0.5521 }));
  at(0, start("probe[seed=1]", "evaluate-probe", "input encoder changed"));
  at(1.5, {
    ...end("probe[seed=1]", "evaluate-probe", "ran", 1.5),
    outcome: "failed",
    error: "features hold NaN at row 17\nread 4096 rows\nfitting\n  step 1: nan",
    log: "artifacts/logs/20261123-061019-3f9a/probe[seed=1].log",
  });
  at(0, end("summary", "compare", "skipped", 0));
  at(0, {
    type: "run-end",
    run: "20261123-061019-3f9a",
    outcome: "failed",
    ran: 4,
    cached: 2,
    failed: 1,
    skipped: 1,
    cancelled: 0,
    seconds: 45.3,
  });
  return events;
}

/** A run in which nothing happened, of `n` steps. */
export function cachedRun(n: number): RunEvent[] {
  const time = "2026-11-23T06:10:19.000Z";
  const run = "20261123-061019-3f9a";
  const metrics = { rows: 3 };
  const key = "b".repeat(64);
  return [
    { type: "run-start", time, run, pipeline: "many", total: n },
    ...Array.from({ length: n }, (_, i): RunEvent => {
      const id = `step${i}`;
      return {
        type: "step-end",
        time,
        id,
        kind: "run",
        outcome: "cached",
        key,
        metrics,
        seconds: 0,
        reason: "unchanged",
      };
    }),
    {
      type: "run-end",
      time,
      run,
      outcome: "done",
      ran: 0,
      cached: n,
      failed: 0,
      skipped: 0,
      cancelled: 0,
      seconds: 0.2,
    },
  ];
}

/** An output that remembers. */
export class Recorder implements Output {
  text = "";
  writes = 0;
  constructor(
    readonly columns = 80,
    readonly rows = 24,
  ) {}

  write(text: string, done?: () => void): boolean {
    this.text += text;
    this.writes++;
    done?.();
    return true;
  }
}
