import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine, type Tensor } from "../../steps/engine/index.js";
import { cases } from "./ops.js";
import { tensor } from "./rig.js";

/** Central differences: the slope of a loss that is a weighted sum of the operation's results. */
describe("gradients are the slopes of the values", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ backend: "cpu", cpus: 1 });
  });
  afterAll(() => engine.dispose());

  it.each(cases.filter(one => one.gradients).map(one => [one.name, one] as const))(
    "%s",
    (_name, { shapes, build }) => {
      const { tf } = engine;
      tf.tidy(() => {
        const inputs = shapes.map((shape, i) => tensor(tf, shape, i + 1));
        const dy = tensor(tf, build(tf, ...inputs).shape, 99);
        const loss = (...args: Tensor[]): Tensor => tf.sum(tf.mul(build(tf, ...args), dy));
        const gradients = tf.grads(loss)(inputs);
        inputs.forEach((input, i) => {
          const gradient = gradients[i]?.dataSync() ?? [];
          const scale = Math.max(1, ...gradient.map(Math.abs));
          // Nine elements of each input are tried: enough to see a wrong index, quick enough to try every operation.
          const stride = Math.max(1, Math.floor(input.size / 9));
          for (let at = 0; at < input.size; at += stride) {
            const slope = tf.tidy(() => differenceAt(at));
            expect(Math.abs((gradient[at] ?? NaN) - slope) / scale).toBeLessThan(5e-3);
          }

          function differenceAt(at: number): number {
            const step = 2 ** -9;
            const moved = (by: number): number => {
              const data = Float32Array.from(input.dataSync());
              data[at] = (data[at] ?? 0) + by;
              const args = inputs.map((other, j) => (j === i ? tf.tensor(data, input.shape) : other));
              // Summed in double precision, else the difference drowns in rounding.
              const [values, weights] = [build(tf, ...args), dy].map(t => Array.from(t.dataSync()));
              return (values ?? []).reduce((sum, value, k) => sum + value * (weights?.[k] ?? NaN), 0);
            };
            return (moved(step) - moved(-step)) / (2 * step);
          }
        });
      });
    },
  );
});
