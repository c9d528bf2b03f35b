import { beforeAll, describe, expect, it } from "@jest/globals";
import { missing } from "../../steps/engine/packages.js";
import { tryBackend } from "../../steps/engine/try-backend.js";
import { describeOrSkip } from "../rig/skip.js";
import { type Outcome, train, TRAININGS_MS } from "./train.js";

const native = await tryBackend("tensorflow");
const gpu = native.ok && native.gpu;

describeOrSkip(
  "training on tensorflow",
  missing("tensorflow") ?? (gpu ? "tensorflow computes on a GPU here, and promises nothing" : undefined),
  () => {
    it(
      "gives the same bits with the same number of threads, and nearly those of wasm",
      async () => {
        const [one, again, other] = await Promise.all([
          train("tensorflow", "2"),
          train("tensorflow", "2"),
          train("wasm", "2"),
        ]);
        expect(again.digest).toBe(one.digest);
        one.losses.forEach((loss, i) => expect(Math.abs(loss - (other.losses[i] ?? NaN))).toBeLessThan(1e-4));
      },
      TRAININGS_MS,
    );
  },
);

/** The numeric class of wasm leaves the number of threads out. This is the proof that it may. */
describe("training on wasm", () => {
  const outcomes: Outcome[] = [];
  beforeAll(async () => {
    for (const threads of ["1", "2", "2", "3"]) outcomes.push(await train("wasm", threads));
  }, TRAININGS_MS);

  it("gives the same bits with 1, 2 and 3 threads and in every process", () => {
    expect(outcomes.map(({ threads }) => threads)).toEqual([1, 2, 2, 3]);
    expect(new Set(outcomes.map(({ digest }) => digest)).size).toBe(1);
  });

  it("learns", () => {
    const { losses = [] } = outcomes[0] ?? {};
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? NaN) - 0.1);
  });

  it("keeps no tensor from step to step", () => {
    for (const { counts } of outcomes) expect(new Set(counts.slice(1)).size).toBe(1);
  });

  it("leaves the process as it was: handlers, processors, globals; and lets it end", () => {
    for (const { handlers, processorsKept, workerGlobal } of outcomes)
      expect({ handlers, processorsKept, workerGlobal }).toEqual({
        handlers: 0,
        processorsKept: true,
        workerGlobal: false,
      });
  });
});
