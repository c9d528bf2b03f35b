import { describe, expect, it } from "@jest/globals";
import { editPipelines } from "./edits.js";

/** A seeded share of what `npm run test:faults` does. */
describe("a project that is edited at random", () => {
  it("runs as it would from nothing, whatever was run before", async () => {
    const { states, failures } = await editPipelines(5, 4);
    expect(failures).toEqual([]);
    expect(states).toBeGreaterThan(10);
  });
});
