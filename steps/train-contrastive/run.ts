import { join } from "node:path";
import type { StepContext } from "../../runner/step-api.js";
import { openEngine, type TensorFlow } from "../engine/index.js";
import type { AugmentOptions } from "../lib/augment.js";
import { writeJson } from "../lib/json.js";
import type { ModelSpec } from "../lib/model.js";
import { writeEncoder } from "../training/encoder.js";
import { initialState } from "../training/net.js";
import type { OptimiserOptions } from "../training/optimiser-options.js";
import { batchOrder } from "../training/order.js";
import { pace } from "../training/pace.js";
import type { TrainState } from "../training/state.js";
import { encoderLayers, headLayers } from "./architecture.js";
import type { EncoderOptions } from "./options.js";
import { encoderTensors } from "./tensors.js";
import { openTrainer } from "./trainer.js";
import { openSource, viewMaker, type ViewSource } from "./views.js";

export interface ContrastiveOptions {
  readonly encoder: EncoderOptions;
  readonly head: readonly number[];
  readonly temperature: number;
  readonly updates: number;
  readonly batch: number;
  readonly views: number;
  readonly augment: AugmentOptions;
  readonly noise: number;
  readonly optimiser: OptimiserOptions;
  readonly seed: number;
}

/** Reads the views or images, trains, writes the encoder. With `updates: 0` it writes the random encoder. */
export async function trainContrastive(ctx: StepContext<ContrastiveOptions>): Promise<void> {
  const source = await openSource(ctx.inputs);
  const encoder = encoderLayers(ctx.with.encoder);
  const head = headLayers(ctx.with.head);
  const spec = { layers: [...encoder.layers, ...head.layers] };
  const initial = initialState(spec, source.shape, ctx.random("initialisation"));
  const start = { update: 0, ...initial, optimiser: {} };
  const { state, curve } =
    ctx.with.updates === 0 ? { state: start, curve: [] } : await train(ctx, source, spec, start);
  const folder = ctx.outputs["encoder"] ?? "";
  const recipe = { ...ctx.with, from: source.kind, anchors: source.count, stored: source.stored };
  const tensors = encoderTensors(state, encoder.layers.length);
  await writeEncoder(folder, { image: source.shape, encoder, head, recipe }, tensors);
  await writeJson(join(folder, "curve.json"), { loss: curve });
}

type Curve = readonly (readonly [update: number, loss: number])[];

async function train(
  ctx: StepContext<ContrastiveOptions>,
  source: ViewSource,
  spec: ModelSpec,
  start: TrainState,
): Promise<{ readonly state: TrainState; readonly curve: Curve }> {
  const engine = await openEngine(ctx.device);
  try {
    return await loop(ctx, engine.tf, source, spec, start);
  } finally {
    engine.dispose();
  }
}

/** Everything that an update takes is a function of its number: see `TrainState`. */
async function loop(
  ctx: StepContext<ContrastiveOptions>,
  tf: TensorFlow,
  source: ViewSource,
  spec: ModelSpec,
  start: TrainState,
): Promise<{ readonly state: TrainState; readonly curve: Curve }> {
  const { updates, batch, views } = ctx.with;
  const anchorsOf = batchOrder(source.count, batch, ctx.random("order"));
  const viewsOf = viewMaker(source, ctx.with, stream => ctx.random(stream));
  const trainer = openTrainer(tf, { ...ctx.with, spec, shape: source.shape }, start);
  const { tick, curve } = pace(ctx, updates, batch * views);
  while (trainer.done < updates) {
    const loss = trainer.update(viewsOf(trainer.done, anchorsOf(trainer.done)));
    await tick(trainer.done, async () => (await loss.data())[0] ?? NaN);
    loss.dispose();
  }
  const state = await trainer.state();
  trainer.dispose();
  return { state, curve };
}
