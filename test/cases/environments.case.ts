/** Environments at length: random changes by the hundred, and what only a network can give (uv, npm, an index). */
import { expect } from "@jest/globals";
import fc from "fast-check";
import { differenceText } from "../../runner/cache/difference-text.js";
import { differences } from "../../runner/cache/differences.js";
import { noPython } from "../rig/python.js";
import { testOrSkip } from "../rig/skip.js";
import { mutateEnvironments, wrongHits } from "../exec/environment-mutations.js";

testOrSkip(
  "200 random changes of environments give no wrong hit, and files that are not installed no rerun",
  noPython,
  async () => {
    const seed = Date.now() % 100_000;
    const numbers = fc.sample(fc.nat(), { numRuns: 2000, seed });
    let at = 0;
    const states = await mutateEnvironments(200, n => (numbers[at++] ?? 0) % n);
    expect({ seed, wrong: wrongHits(states) }).toEqual({ seed, wrong: [] });
    const idle = states.flatMap(({ what, print }, i) =>
      what === "a file that is not installed"
        ? differences(states[i - 1]?.print ?? print, print).map(differenceText)
        : [],
    );
    expect({ seed, idle }).toEqual({ seed, idle: [] });
    const seen = new Set(states.map(state => state.seen)).size;
    expect(seen).toBeGreaterThan(100);
  },
  600_000,
);
