import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { checkEdits, edits } from "../rig/edited-pipeline.js";

describe("a pipeline of templates, conditions and blocks", () => {
  it("comes to the same after any edits as from nothing, and makes nothing twice", async () => {
    await fc.assert(fc.asyncProperty(edits(2), checkEdits), { numRuns: 2 });
  }, 60_000);
});
