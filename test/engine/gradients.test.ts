import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine } from "../../steps/engine/index.js";
import { cases } from "./ops/index.js";
import { gradientError, tensor } from "./rig.js";

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
      const error = tf.tidy(() =>
        gradientError(
          tf,
          shapes.map((shape, i) => tensor(tf, shape, i + 1)),
          build,
        ),
      );
      expect(error).toBeLessThan(5e-3);
    },
  );
});
