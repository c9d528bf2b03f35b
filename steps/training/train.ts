import type { JsonObject, StepContext } from "../../runner/step-api.js";
import {
  openEngine,
  type Program,
  type ProgramArrays,
  type StepFunction,
  type TensorFlow,
} from "../engine/index.js";
import { type Checkpoint, type CheckpointOptions, checkpoints, type TrainState } from "./checkpoints.js";
import { type BatchSource, type Feed, openFeed, withFittingBatch } from "./feed.js";
import { optimiserInputs } from "../nn/optimisers/optimisation.js";
import { type Curve, openRateMeter } from "./rate-meter.js";

/** What is trained. */
export interface Training {
  readonly start: TrainState;
  /** An update: takes a batch and the optimiser's scalars, gives `loss`. */
  readonly step: (tf: TensorFlow) => StepFunction;
  /** Starts what makes the batches: a thread (`serveBatches`), or `localBatches`. */
  readonly batches: () => BatchSource;
  /** Images in an update. */
  readonly images: number;
  /** All of the step's options that have a part in the state. */
  readonly options: CheckpointOptions & { readonly batch: number } & JsonObject;
}

export interface Trained {
  readonly arrays: ProgramArrays;
  readonly curve: Curve;
  /** How fast it went; undefined when there was nothing left to do. */
  readonly speed?: Speed;
}

export interface Speed {
  readonly updates: number;
  readonly seconds: number;
  /** Of these, the time in which the engine waited for a batch. */
  readonly waited: number;
  /** How the engine ran the updates: see `Program.how`. */
  readonly how: string;
}

/**
 * Takes a training to its last update, from the newest checkpoint that there is. Everything that an update takes is a
 * function of its number, so the result is the same to the bit wherever it goes on from.
 */
export async function train(
  ctx: Pick<StepContext, "device" | "signal" | "part" | "findPart" | "progress" | "metric" | "log">,
  training: Training,
): Promise<Trained> {
  const { updates } = training.options;
  checkWarmup(training.options);
  const kept = checkpoints(ctx, training.options);
  const from: Checkpoint = (await kept.newest()) ?? { state: training.start, curve: [] };
  const { update: first, arrays } = from.state;
  if (first > 0) ctx.log(`goes on from the checkpoint after ${first} updates`);
  const meter = openRateMeter(ctx, updates, training.images, from.curve);
  if (first >= updates) return { arrays, curve: meter.curve };

  const feed = openFeed(training.batches(), first, updates, ctx.signal);
  try {
    const engine = await openEngine(ctx.device);
    try {
      const program = engine.program(training.step(engine.tf), arrays);
      const start = performance.now();
      await loop(program, feed);
      const seconds = (performance.now() - start) / 1000;
      const speed = { updates: updates - first, seconds, waited: feed.waited, how: program.how };
      ctx.log(inWords(speed, training.images));
      return { arrays: await program.state(), curve: meter.curve, speed };
    } catch (error) {
      throw withFittingBatch(error, training.options.batch);
    } finally {
      engine.dispose();
    }
  } finally {
    await feed.dispose();
  }

  async function loop(program: Program, feed: Feed): Promise<void> {
    for (let done = first + 1; done <= updates; done++) {
      const batch = await feed.next();
      const scalars = optimiserInputs(training.options.optimiser, done - 1, updates);
      const read = meter.due(done);
      const { loss } = await program.run({ ...batch, ...scalars }, { read });
      if (read) meter.report(done, loss?.data[0] ?? NaN);
      await kept.keep(done, async () => ({
        state: { update: done, arrays: await program.state() },
        curve: meter.curve,
      }));
    }
  }
}

/** Throws where the learning rate would not have risen before the training ends. */
function checkWarmup({ updates, optimiser }: CheckpointOptions): void {
  const { warmup } = optimiser;
  if (updates === 0 || warmup <= updates) return;
  const share = ((100 * updates) / warmup).toPrecision(2);
  throw new Error(
    `with.optimiser.warmup is ${warmup}, longer than the training of ${updates} updates: the learning rate would end ` +
      `at ${share} % of 'lr'`,
  );
}

function inWords({ updates, seconds, waited, how }: Speed, images: number): string {
  const rate = Math.round((updates * images) / seconds);
  const share = ((100 * waited) / seconds).toFixed(1);
  const wait = `${waited.toFixed(3)} s (${share} %) waiting for data`;
  return `${updates} updates in ${seconds.toFixed(1)} s, ${rate} images/s, ${wait}; ${how}`;
}
