import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { REPAIRED } from "../../steps/engine/wasm/index.js";
import { cases } from "./ops/index.js";
import type { Tensor } from "../../steps/engine/index.js";
import { evaluate, openPair, relativeError, tensor, type Pair } from "./rig.js";

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

describe("the kernels of wasm", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await openPair();
  });
  afterAll(() => pair.engines.forEach(engine => engine.dispose()));

  it("are those of cpu, but for complex numbers, text and ragged lists, which no step has", () => {
    const kernels = (backend: string): string[] =>
      pair.tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
    const own = new Set(kernels("wasm"));
    expect(
      kernels("cpu")
        .filter(name => !own.has(name))
        .sort(),
    ).toEqual([
      ...["Complex", "ComplexAbs", "Draw", "FFT", "IFFT", "Imag"],
      ...["RaggedGather", "RaggedRange", "RaggedTensorToTensor", "Real", "StaticRegexReplace"],
    ]);
  });

  it("that are repaired are all in the table, values and gradients", async () => {
    const { tf } = pair;
    await tf.setBackend("wasm");
    const used = new Set<string>();
    for (const { shapes, build, gradients } of cases) {
      const { kernelNames } = await tf.profile(() => {
        tf.tidy(() => {
          const inputs = shapes.map((shape, i) => tensor(tf, shape, i + 1));
          build(tf, ...inputs);
          if (gradients) tf.grads((...args: Tensor[]) => tf.sum(build(tf, ...args)))(inputs);
        });
      });
      for (const name of kernelNames) used.add(name);
    }
    expect(REPAIRED.filter(name => !used.has(name))).toEqual([]);
  });
});
