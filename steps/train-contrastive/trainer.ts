import type { Scalar, Tensor2D, TensorFlow } from "../engine/index.js";
import type { ModelSpec } from "../lib/model.js";
import { ntXent } from "../nn/contrastive.js";
import { Params } from "../nn/params.js";
import { valueAndGradients } from "../nn/value-and-gradients.js";
import type { ImageShape } from "../training/batch.js";
import { Net } from "../training/net.js";
import { learningRate, makeOptimiser } from "../training/optimisation.js";
import type { OptimiserOptions } from "../training/optimiser-options.js";
import type { TrainState } from "../training/state.js";

export interface TrainerOptions {
  /** Encoder and head as one chain. */
  readonly spec: ModelSpec;
  readonly shape: ImageShape;
  readonly views: number;
  readonly temperature: number;
  /** In all: the schedule's length. */
  readonly updates: number;
  readonly optimiser: OptimiserOptions;
}

/** A contrastive training: SimCLR (Chen et al. 2020), one update at a time. Does not: choose the data. */
export interface Trainer {
  /** Updates done. */
  readonly done: number;
  /** Takes the next update on views [views * anchors, H, W, C], row v * anchors + i; returns the loss before it. */
  update(pixels: Float32Array): Scalar;
  state(): Promise<TrainState>;
  dispose(): void;
}

export function openTrainer(tf: TensorFlow, options: TrainerOptions, from: TrainState): Trainer {
  const { spec, shape, views, temperature, updates } = options;
  const params = new Params(tf, from.params);
  const running = new Params(tf, from.running);
  const optimiser = makeOptimiser(tf, params, options.optimiser, from.optimiser);
  const net = new Net(tf, spec, { params, running });
  let done = from.update;
  return {
    get done() {
      return done;
    },
    update(pixels) {
      const rate = learningRate(options.optimiser, done++, updates);
      return tf.tidy(() => {
        const x = tf.tensor(pixels, [pixels.length / (shape[0] * shape[1] * shape[2]), ...shape]);
        const loss = (): Scalar => ntXent(tf, net.train(x) as Tensor2D, views, temperature);
        const { value, gradients } = valueAndGradients(tf, params, loss);
        optimiser.step(gradients, rate);
        net.settle();
        return value;
      });
    },
    state: async () => ({
      update: done,
      params: await params.arrays(),
      running: await running.arrays(),
      optimiser: await optimiser.state(),
    }),
    dispose() {
      params.dispose();
      running.dispose();
      optimiser.dispose();
    },
  };
}
