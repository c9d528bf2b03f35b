/** `compare` with `test`: what it reads of reports, what it writes, and what it refuses. */
import { describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Gathered, JsonObject, Labels } from "../../runner/step-api.js";
import kind from "../../steps/kinds/compare/index.js";
import { writeReport } from "../../steps/evaluation/evaluation-report.js";
import { writeImages } from "../../steps/artifacts/images.js";
import { readJson } from "../../steps/formats/json.js";
import { writeNpy } from "../../steps/formats/npy.js";
import { type KindRun, runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";

const classes = ["a", "b", "c"];
const truth = Int32Array.from({ length: 60 }, (_, i) => i % 3);

/** A report as evaluate-probe writes it, of predictions that are wrong on the images of these numbers. */
async function report(wrong: readonly number[], labels: Labels = {}): Promise<Gathered> {
  const path = join(tempFolder(), "report");
  const predictions = truth.map((label, i) => (wrong.includes(i) ? (label + 1) % 3 : label));
  await writeReport(
    { metric: () => undefined, outputs: { report: path } },
    { kind: "probe-report", classes, labels: truth, predictions, facts: {} },
  );
  return { labels, path };
}

async function test(labels?: Int32Array): Promise<string> {
  const folder = join(tempFolder(), "test");
  const images = new Uint8Array(truth.length);
  const set = { count: truth.length, shape: [1, 1, 1], images, classes, facts: {} } as const;
  await writeImages(folder, labels === undefined ? set : { ...set, labels });
  return folder;
}

/** Generated: 3 and 4 of 60 wrong; real: 6 and 6. */
async function arms(): Promise<Record<"generated" | "real", Gathered[]>> {
  return {
    generated: [await report([0, 1, 2], { seed: 0 }), await report([0, 1, 2, 3], { seed: 1 })],
    real: [await report([0, 1, 7, 8, 9, 10], { seed: 0 }), await report([0, 3, 7, 11, 12, 13], { seed: 1 })],
  };
}

async function compare(
  gathered: Record<string, Gathered[]>,
  folder?: string,
  options: JsonObject = {},
): Promise<KindRun<unknown>> {
  return runKind(kind, { with: options, gathered, inputs: { test: folder ?? (await test(truth)) } });
}

describe("compare with test images", () => {
  it("records an interval over images, and says in the table what varies in it", async () => {
    const { metrics, outputs } = await compare(await arms(), undefined, { resamples: 1000 });
    const { difference, "difference.test.low": low = NaN, "difference.test.high": high = NaN } = metrics;
    expect(difference).toBeCloseTo(2.5 / 60, 12);
    expect(metrics["difference.test"]).toBe(2.5 / 60);
    expect(low).toBeLessThan(2.5 / 60);
    expect(high).toBeGreaterThan(2.5 / 60);
    const folder = outputs["table"] ?? "";
    const { testImages } = await readJson(join(folder, "comparison.json"));
    expect(testImages).toEqual({
      ...{ mean: 2.5 / 60, low, high, n: 60, resamples: 1000, seed: 0 },
      blocks: [
        { labels: { seed: 0 }, onlyGenerated: 4, onlyReal: 1 },
        { labels: { seed: 1 }, onlyGenerated: 4, onlyReal: 2 },
      ],
    });
    const table = readFileSync(join(folder, "table.md"), "utf8");
    expect(table).toContain(
      `| generated - real, over test images | 0.0417 | ${low.toFixed(4)} to ${high.toFixed(4)} | 60 |\n`,
    );
    expect(table).toMatch(/\n\nOver test images: .* 1000 resamples .*Only the images vary; .*\n\n\| seed \|/);
    const without = await runKind(kind, { gathered: await arms() });
    const csv = (run: KindRun<unknown>): string =>
      readFileSync(join(run.outputs["table"] ?? "", "table.csv"), "utf8");
    expect(csv(without)).toBe(csv({ outputs } as KindRun<unknown>));
    expect(Object.keys(without.metrics).filter(name => name.includes("test"))).toEqual([]);
  });

  it("draws by its seed: the same again, and others by another; at the level that is asked for", async () => {
    const given = await arms();
    const interval = async (options: JsonObject): Promise<number[]> => {
      const { metrics } = await compare(given, undefined, options);
      return [metrics["difference.test.low"] ?? NaN, metrics["difference.test.high"] ?? NaN];
    };
    const few = { resamples: 101, level: 0.9 };
    expect(await interval(few)).toEqual(await interval({ ...few, seed: 0 }));
    const seeds = await Promise.all([1, 2, 3, 4].map(seed => interval({ ...few, seed })));
    expect(new Set(seeds.map(String)).size).toBeGreaterThan(1);
    const [[low = NaN, high = NaN], [inner = NaN, outer = NaN]] = [
      await interval({ resamples: 400 }),
      await interval({ resamples: 400, level: 0.5 }),
    ];
    expect(inner).toBeGreaterThan(low);
    expect(outer).toBeLessThan(high);
  });

  it("pairs an arm without axes with every block", async () => {
    const { outputs } = await compare({ ...(await arms()), real: [await report([5])] }, undefined, {
      resamples: 100,
    });
    const { testImages } = await readJson(join(outputs["table"] ?? "", "comparison.json"));
    expect(testImages).toMatchObject({ blocks: [{ onlyGenerated: 1 }, { onlyGenerated: 1 }] });
  });

  it("refuses reports that were made on other images", async () => {
    const given = await arms();
    const turned = Int32Array.from(truth).reverse();
    await expect(compare(given, await test(turned))).rejects.toThrow(
      /^generated\[seed=[01]\]: its report has accuracy 0\.9[35]\d*, but \d+ of 60 predictions are right on 'test'/,
    );
    const one = given.real[1]?.path ?? "";
    await writeNpy(join(one, "predictions.npy"), { dtype: "i4", shape: [59], data: truth.slice(1) });
    await expect(compare(given)).rejects.toThrow("real[seed=1]: 59 predictions, but 'test' holds 60 images");
  });

  it("refuses reports without predictions, which do without `test`", async () => {
    const given = await arms();
    const one = given.real[1]?.path ?? "";
    const file = { labels: { seed: 1 }, path: join(one, "report.json") };
    await expect(compare({ ...given, real: [...given.real.slice(0, 1), file] })).rejects.toThrow(
      "real[seed=1]: its report is a file; with 'test', predictions.npy must lie in a folder",
    );
    rmSync(join(one, "predictions.npy"));
    await expect(compare(given)).rejects.toThrow(/real\[seed=1\]: no predictions of its report: .*ENOENT/);
    expect((await runKind(kind, { gathered: given })).metrics["n"]).toBe(2);
  });

  it("refuses images without labels, several sets of images, and metrics that are no accuracy", async () => {
    const given = await arms();
    await expect(compare(given, await test())).rejects.toThrow("the 'test' images have no labels");
    const folder = await test(truth);
    const sets = [0, 1].map(seed => ({ labels: { seed }, path: folder }));
    await expect(compare({ ...given, test: sets }, folder)).rejects.toThrow("several sets of images");
    await expect(compare(given, folder, { metric: "standardError" })).rejects.toThrow(
      "leave it out to compare by 'standardError'",
    );
  });
});
