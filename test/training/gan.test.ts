import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { fileURLToPath } from "node:url";
import { type Engine, openEngine, type Tensor } from "../../steps/engine/index.js";
import {
  discriminate,
  discriminatorLayers,
  discriminatorPrefix,
} from "../../steps/kinds/train-generator/discriminator.js";
import type { AdversarialOptions } from "../../steps/kinds/train-generator/generator-options.js";
import { numbers, tensor } from "../engine/rig.js";
import type { Compared } from "./gan-compiled.js";
import { batch, classes, inputs, optionsOf, shape, start, updates } from "./gan-updates.js";

describe("a GAN's update", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());

  it("scores by w . h + v_y . h + b: the columns of the last kernel, one for all and one a class", () => {
    const { tf } = engine;
    const options = optionsOf({ architecture: "mlp", hidden: [], normalisation: "none" });
    const [kernel, bias] = [numbers(16 * 4, 1), numbers(4, 2)];
    const state = {
      [`${discriminatorPrefix}layers.1.kernel`]: tf.tensor(kernel, [16, 4]),
      [`${discriminatorPrefix}layers.1.bias`]: tf.tensor(bias, [4]),
    };
    const labels = [2, 0];
    const y = tf.tensor2d([0, 0, 1, 1, 0, 0], [2, 3]);
    const layers = discriminatorLayers(options, classes);
    const x = tensor(tf, [2, 4, 4, 1], 3);
    const pixels = numbers(32, 3);
    const { scores } = discriminate(tf, layers, state, x, y);
    labels.forEach((label, image) => {
      let expected = (bias[0] ?? NaN) + (bias[1 + label] ?? NaN);
      for (let i = 0; i < 16; i++)
        expected +=
          (pixels[image * 16 + i] ?? NaN) * ((kernel[4 * i] ?? NaN) + (kernel[4 * i + 1 + label] ?? NaN));
      expect(scores.dataSync()[image]).toBeCloseTo(expected, 4);
    });
  });

  it("tells the discriminator's loss before it: the formula of the paper on real and made images", async () => {
    const { tf } = engine;
    const options = optionsOf({ normalisation: "spectral" });
    const { losses } = await updates(engine, options, 1, (...given) => engine.program(...given));
    const { y } = inputs(options, 0);
    const held = Object.fromEntries(
      Object.entries(start(options)).map(([name, a]) => [name, tf.tensor(a.data, [...a.shape])]),
    );
    const softplus = (values: Iterable<number>, sign: number): number => {
      const terms = [...values].map(value => Math.log(1 + Math.exp(sign * value)));
      return terms.reduce((a, b) => a + b) / terms.length;
    };
    const labels = tf.tensor2d(y?.data ?? [], [batch, classes]);
    const layers = discriminatorLayers(options, classes);
    const score = (x: Tensor): Iterable<number> =>
      discriminate(tf, layers, held, x, labels).scores.dataSync();
    const real = score(tensor(tf, [batch, ...shape], 10));
    // At the start all kernels are small, so that made images are grey, 1 / 2 everywhere but for a hundredth or so.
    const fake = score(tf.fill([batch, ...shape], 0.5));
    expect(losses[0]).toBeCloseTo(softplus(real, -1) + softplus(fake, 1), 1);
  });

  it("moves both nets, and each average by a quarter of the way to its weight", async () => {
    const options = optionsOf({});
    const before = start(options);
    const { state, params } = await updates(engine, options, 1, (...given) => engine.program(...given));
    for (const name of params) expect(state[name]?.data).not.toEqual(before[name]?.data);
    const averages = Object.keys(state).filter(name => name.startsWith("averages/"));
    expect(averages).toHaveLength(params.filter(name => name.startsWith("generator.")).length);
    for (const name of averages) {
      const weight = state[name.replace("averages/", "generator.")]?.data ?? [];
      const from = before[name]?.data ?? [];
      state[name]?.data.forEach((value, i) =>
        expect(value).toBeCloseTo(0.75 * (from[i] ?? NaN) + 0.25 * (weight[i] ?? NaN), 5),
      );
    }
  });

  it.each<Partial<AdversarialOptions>>([
    { normalisation: "batch", pace: 0.5 },
    { normalisation: "spectral", loss: "hinge" },
  ])("comes to the same compiled as operation by operation: %j", async variant => {
    // In a process of its own, because a native library cannot be loaded in a test's sandbox.
    const program = fileURLToPath(new URL("./gan-compiled.js", import.meta.url));
    const { stdout } = await execa(process.execPath, [program, JSON.stringify(variant)]);
    const { how, compiled, eager } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Compared;
    expect(how).toMatch(/^compiled/);
    expect(compiled).toHaveLength(eager.length);
    eager.forEach((loss, i) => expect(compiled[i]).toBeCloseTo(loss, 3));
  });
});
