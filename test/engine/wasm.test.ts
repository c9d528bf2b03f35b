import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cases } from "./ops/index.js";
import { evaluate, openPair, relativeError, type Pair } from "./rig.js";

describe("wasm computes what cpu computes, value and gradients", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await openPair();
  });
  afterAll(() => pair.engines.forEach(engine => engine.dispose()));

  it.each(cases.map(one => [one.name, one] as const))("%s", async (_name, { shapes, build, gradients }) => {
    const expected = await evaluate(pair.tf, "cpu", shapes, build, gradients);
    const actual = await evaluate(pair.tf, "wasm", shapes, build, gradients);
    const errors = expected.map((numbers, i) => relativeError(actual[i] ?? [], numbers));
    expect(Math.max(...errors)).toBeLessThan(2e-5);
  });
});
