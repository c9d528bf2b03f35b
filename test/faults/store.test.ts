import { describe, expect, it } from "@jest/globals";
import { injectFaults } from "./inject.js";

/** A seeded share of what `npm run test:faults` enumerates. */
describe("the store, with a disk that fails at any of its operations", () => {
  it("loses work at most, tells faults in one line, and can go on", async () => {
    const { injected, failures } = await injectFaults({ seed: 1, share: 0.04 });
    expect(failures).toEqual([]);
    expect(injected).toBeGreaterThan(100);
  });
});
