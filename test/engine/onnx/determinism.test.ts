import { beforeAll, expect, it } from "@jest/globals";
import { missing } from "../../../steps/engine/packages.js";
import { describeOrSkip } from "../../rig/skip.js";
import { type Outcome, train, TRAININGS_MS } from "../train.js";

/** The numeric class of onnx leaves the number of threads out. This is the proof that it may. */
describeOrSkip("training on onnx", missing("onnx"), () => {
  const outcomes: Outcome[] = [];
  beforeAll(async () => {
    for (const threads of ["1", "2", "2", "3"]) outcomes.push(await train("onnx", threads));
  }, TRAININGS_MS);

  it("gives the same bits with 1, 2 and 3 threads and in every process", () => {
    expect(outcomes.map(({ threads }) => threads)).toEqual([1, 2, 2, 3]);
    expect(new Set(outcomes.map(({ digest }) => digest)).size).toBe(1);
  });

  it(
    "has the losses of wasm",
    async () => {
      const { losses } = await train("wasm", "1");
      expect(losses.length).toBeGreaterThan(0);
      losses.forEach((loss, i) =>
        expect(Math.abs((outcomes[0]?.losses[i] ?? NaN) - loss)).toBeLessThan(1e-4),
      );
    },
    TRAININGS_MS,
  );

  it("keeps no tensor from step to step", () => {
    for (const { counts } of outcomes) expect(new Set(counts).size).toBe(1);
  });
});
