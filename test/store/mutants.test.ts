import { describe, expect, it } from "@jest/globals";
import { mutants } from "../faults/mutants.js";

describe("the tests of the store can fail", () => {
  it.each(mutants)(
    "when $name",
    async ({ hunt }) => {
      expect((await hunt()).length).toBeGreaterThan(0);
    },
    300_000,
  );
});
