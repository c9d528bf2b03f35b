import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { checkEdits, edits } from "../rig/edited-pipeline.js";

describe("a pipeline of templates, conditions and blocks", () => {
  it("comes to the same after a thousand sequences of edits as from nothing", async () => {
    await fc.assert(fc.asyncProperty(edits(5), checkEdits), { numRuns: 1000 });
  }, 7_200_000);
});
