import { describe, expect, it } from "@jest/globals";
import { openEngine, type Program } from "../../steps/engine/index.js";
import { EXPECTED, patternValues, selfCheck } from "../../steps/engine/self-check.js";

describe("the self-check", () => {
  it("runs as steps run: it is a program that must compute rightly, and compile where programs do", async () => {
    const cpu = await openEngine({ backend: "cpu", cpus: 1 });
    const checked = (changes: Partial<Program>): Promise<void> =>
      selfCheck({ ...cpu, program: (...given) => ({ ...cpu.program(...given), ...changes }) });
    await checked({});
    const wrong = { numbers: { shape: [6], data: Float32Array.from(EXPECTED, x => 1.03 * x) } };
    await expect(checked({ run: () => Promise.resolve(wrong) })).rejects.toThrow(/the loss is 0\.37/);
    await expect(checked({ how: "eager: X has no compiled form" })).rejects.toThrow(/does not compile.* X /);
    cpu.dispose();
  });
});

/**
 * The self-check's network once more, in double precision and plain loops, with slopes by central differences: the
 * stored values owe nothing to any engine.
 */
describe("the stored values of the self-check", () => {
  const sizes = [96, 108, 4, 4, 320];
  const images = Array.from(patternValues(4 * 8 * 8 * 2, 0));
  const start = sizes.map((size, i) => Array.from(patternValues(size, i + 1)));

  it("are the loss and its slopes", () => {
    expect(loss(start)).toBeCloseTo(EXPECTED[0] ?? NaN, 5);
    sizes.forEach((size, i) => {
      // The gradient's dot product with a direction is the slope along it.
      const direction = patternValues(size, i + 10);
      const along = (step: number): number =>
        loss(start.map((p, j) => (j === i ? p.map((v, k) => v + step * (direction[k] ?? NaN)) : p)));
      const step = 1e-5;
      expect((along(step) - along(-step)) / (2 * step)).toBeCloseTo(EXPECTED[i + 1] ?? NaN, 5);
    });
  });

  function loss(parameters: readonly number[][]): number {
    const [filter = [], up = [], scale = [], offset = [], weight = []] = parameters;
    const at = (values: readonly number[], i: number): number => values[i] ?? NaN;
    // conv2d 4x4, stride 2, same: one pixel of padding on each side of 8 x 8.
    const down = grid(4, 4, 3, (n, h, w, k) => {
      let sum = 0;
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          for (let c = 0; c < 2; c++) {
            const [y, x] = [2 * h + i - 1, 2 * w + j - 1];
            if (y < 0 || x < 0 || y > 7 || x > 7) continue;
            sum += at(images, ((n * 8 + y) * 8 + x) * 2 + c) * at(filter, ((i * 4 + j) * 2 + c) * 3 + k);
          }
      return Math.max(0, sum);
    });
    // conv2dTranspose 3x3, stride 2, same: output row 2 h + i takes tap i, without padding before.
    const wide = grid(8, 8, 4, (n, y, x, k) => {
      let sum = 0;
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          const [h, w] = [(y - i) / 2, (x - j) / 2];
          if (!Number.isInteger(h) || !Number.isInteger(w) || h < 0 || w < 0) continue;
          for (let c = 0; c < 3; c++)
            sum += at(down, ((n * 4 + h) * 4 + w) * 3 + c) * at(up, ((i * 3 + j) * 4 + k) * 3 + c);
        }
      return sum;
    });
    const normal = [0, 1, 2, 3].map(k => {
      const values = wide.filter((_, i) => i % 4 === k);
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length;
      return values.map(v => ((v - mean) / Math.sqrt(variance + 1e-3)) * at(scale, k) + at(offset, k));
    });
    const pooled = grid(4, 4, 4, (n, h, w, k) => {
      const values = normal[k] ?? [];
      return Math.max(...[0, 1, 8, 9].map(d => at(values, n * 64 + 16 * h + 2 * w + d)));
    });
    const latents = [0, 1, 2, 3].map(n => {
      const row = Array.from({ length: 5 }, (_, j) =>
        Array.from({ length: 64 }, (_, i) => at(pooled, n * 64 + i) * at(weight, i * 5 + j)).reduce(
          (a, b) => a + b,
        ),
      );
      const length = Math.hypot(...row);
      return row.map(v => v / length);
    });
    const total = latents.reduce((sum, a, n) => {
      const scores = latents.map(b => a.reduce((s, v, i) => s + v * at(b, i), 0));
      const partition = scores.reduce((s, v) => s + Math.exp(v), 0);
      return sum - Math.log(Math.exp(at(scores, 3 - n)) / partition);
    }, 0);
    return total / 16;
  }

  /** [4, height, width, channels], flat. */
  function grid(
    height: number,
    width: number,
    channels: number,
    f: (n: number, h: number, w: number, k: number) => number,
  ): number[] {
    const values: number[] = [];
    for (let n = 0; n < 4; n++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++) for (let k = 0; k < channels; k++) values.push(f(n, h, w, k));
    return values;
  }
});
