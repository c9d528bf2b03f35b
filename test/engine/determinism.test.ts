import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";

interface Outcome {
  readonly digest: string;
  readonly threads: number;
  readonly losses: readonly number[];
  readonly counts: readonly number[];
  readonly handlers: number;
  readonly processorsKept: boolean;
  readonly workerGlobal: boolean;
}

/** The numeric class of wasm leaves the number of threads out. This is the proof that it may. */
describe("training on wasm", () => {
  const outcomes: Outcome[] = [];
  beforeAll(async () => {
    const program = fileURLToPath(new URL("./train-digest.js", import.meta.url));
    for (const threads of ["1", "2", "2", "3"]) {
      const { stdout } = await execa(process.execPath, [program, "wasm", threads], { timeout: 30_000 });
      outcomes.push(JSON.parse(stdout) as Outcome);
    }
  });

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
