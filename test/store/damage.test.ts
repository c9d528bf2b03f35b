import { describe, expect, it } from "@jest/globals";
import { enumerateDamage } from "../faults/damage.js";

describe("a store with a file that is not what it was", () => {
  // All files in all ways: `npm run test:faults damage`.
  it("is never believed, never in the way, and mended by `verify --repair`", async () => {
    const { cases, failures } = await enumerateDamage({ oneOfAKind: true, share: 0.3, seed: 1 });
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(100);
  }, 300_000);
});
