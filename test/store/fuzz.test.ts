import { expect, it } from "@jest/globals";
import { fuzzStore } from "../faults/fuzz-store.js";

// 20,000 of them: `npm run test:faults store`.
it("a store with random harm in one of its files gives right answers or none", async () => {
  const { files, failures } = await fuzzStore({ seed: 3, files: 200, runs: 3, calls: 0 });
  expect(failures).toEqual([]);
  expect(files).toBe(200);
}, 300_000);
