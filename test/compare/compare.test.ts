import { describe, expect, it } from "@jest/globals";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Gathered, JsonObject, Labels } from "../../runner/step-api.js";
import kind from "../../steps/kinds/compare/index.js";
import { pairProbes, type Probe } from "../../steps/kinds/compare/pairs.js";
import { readJson } from "../../steps/formats/json.js";
import { type KindRun, resolveOptions, runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";

/** A probe's report, as evaluate-probe writes it. */
function report(accuracy: number, labels: Labels = {}): Gathered {
  const path = join(tempFolder(), "report");
  mkdirSync(path);
  writeFileSync(join(path, "report.json"), JSON.stringify({ accuracy, n: 3000, perClass: [1, 0.5] }));
  return { labels, path };
}

const bySeed = (values: readonly number[]): Gathered[] =>
  values.map((value, seed) => report(value, { seed }));

function compare(gathered: Record<string, Gathered[]>, options: JsonObject = {}): Promise<KindRun<unknown>> {
  return runKind(kind, { with: options, gathered });
}

describe("compare", () => {
  const arms = { generated: bySeed([0.82, 0.8, 0.84]), real: bySeed([0.81, 0.8, 0.81]) };

  it("takes the mean of the paired differences, with the t-interval that SciPy gives", async () => {
    const { metrics } = await compare(arms);
    // d = [.01, 0, .03]; scipy.stats.t.interval(.95, 2, loc=d.mean(), scale=scipy.stats.sem(d))
    expect(metrics["difference"]).toBeCloseTo(0.013333333333333334, 12);
    expect(metrics["difference.low"]).toBeCloseTo(-0.024612497002634258, 9);
    expect(metrics["difference.high"]).toBeCloseTo(0.05127916366930093, 9);
    expect(metrics["generated"]).toBeCloseTo(0.82, 12);
    expect(metrics["real"]).toBeCloseTo(0.8066666666666666, 12);
    expect(metrics["n"]).toBe(3);
    expect(metrics).not.toHaveProperty("gain");
  });

  it("counts a result under two labels once, in each arm and in the pairs", async () => {
    const once = (values: readonly number[]): Gathered[] =>
      bySeed(values).map((probe, i) => (i === 1 ? { ...probe, sameAs: { seed: 0 } } : probe));
    const both = { generated: once([0.82, 0.82, 0.84]), real: once([0.8, 0.8, 0.81]) };
    const { metrics, outputs } = await compare(both);
    expect(metrics).toMatchObject({ n: 2, generated: 0.83 });
    expect(metrics["difference"]).toBeCloseTo(0.025, 12);
    const table = readFileSync(join(outputs["table"] ?? "", "table.md"), "utf8");
    expect(table).toContain("seed=1 is the same results as an earlier block under another label");
    // Another pair is another difference, but the arm that has no third result still counts two.
    const one = await compare({ ...both, generated: bySeed([0.82, 0.83, 0.84]) });
    expect(one.metrics).toMatchObject({ n: 3 });
    expect(one.metrics["real"]).toBeCloseTo(0.805, 12);
    const all = once([0.82, 0.82]);
    expect((await compare({ generated: all, real: once([0.8, 0.8]) })).metrics).not.toHaveProperty(
      "difference.low",
    );
  });

  it("pairs by label, not by order", async () => {
    const turned = { ...arms, real: [...arms.real].reverse() };
    expect((await compare(turned)).metrics).toEqual((await compare(arms)).metrics);
  });

  it("tells the gain over the random encoder, its worst seed, and raw pixels beside", async () => {
    const { metrics, outputs } = await compare({
      ...arms,
      random: bySeed([0.79, 0.795, 0.8]),
      raw: [report(0.835)],
    });
    expect(metrics["gain"]).toBeCloseTo((0.03 + 0.005 + 0.04) / 3, 12);
    expect(metrics["gain.min"]).toBeCloseTo(0.005, 12);
    expect(metrics["raw"]).toBe(0.835);
    expect(metrics).not.toHaveProperty("raw.low");
    const folder = outputs["table"] ?? "";
    expect(readFileSync(join(folder, "table.csv"), "utf8").split("\n")[1]).toMatch(
      /^0,0.82,0.81,0.79,0.835,0.0[01]/,
    );
    expect(readFileSync(join(folder, "table.md"), "utf8")).toBe(
      [
        "| arm | accuracy | 95 % interval | n |",
        "|---|---|---|---|",
        "| generated views | 0.8200 | 0.7703 to 0.8697 | 3 |",
        "| real images | 0.8067 | 0.7923 to 0.8210 | 3 |",
        "| random encoder | 0.7950 | 0.7826 to 0.8074 | 3 |",
        "| raw pixels | 0.8350 | none | 1 |",
        "| generated - real, paired | 0.0133 | -0.0246 to 0.0513 | 3 |",
        "| generated - random, paired | 0.0250 | -0.0198 to 0.0698 | 3 |",
        "",
        "| seed | generated | real | random | raw | difference |",
        "| --- | --- | --- | --- | --- | --- |",
        "| 0 | 0.8200 | 0.8100 | 0.7900 | 0.8350 | 0.0100 |",
        "| 1 | 0.8000 | 0.8000 | 0.7950 | 0.8350 | 0.0000 |",
        "| 2 | 0.8400 | 0.8100 | 0.8000 | 0.8350 | 0.0300 |",
        "",
      ].join("\n"),
    );
    const json = await readJson(join(folder, "comparison.json"));
    expect(json).toMatchObject({ format: 1, kind: "comparison", metric: "accuracy", level: 0.95 });
    expect(json["difference"]).toMatchObject({ n: 3 });
  });

  it("says that one seed has no interval, and invents none", async () => {
    const run = await compare({ generated: bySeed([0.8]), real: bySeed([0.7]) });
    expect(run.metrics["difference"]).toBeCloseTo(0.1, 12);
    expect(Object.keys(run.metrics).sort()).toEqual(["difference", "generated", "n", "real"]);
    expect(run.log.join()).toContain("no interval over blocks can be given");
    const folder = run.outputs["table"] ?? "";
    expect((await readJson(join(folder, "comparison.json")))["difference"]).toMatchObject({
      low: null,
      high: null,
    });
    expect(readFileSync(join(folder, "table.md"), "utf8")).toContain(
      "One block alone: no interval over blocks can be given.",
    );
  });

  it("takes roles that are not gathered, and the level that it is given", async () => {
    const [a, b] = [report(0.8), report(0.7)];
    const { metrics } = await runKind(kind, { inputs: { generated: a.path, real: b.path } });
    expect(metrics["n"]).toBe(1);
    const narrow = await compare(arms, { level: 0.5 });
    expect(narrow.metrics["difference.high"]).toBeCloseTo(
      0.013333333333333334 + 0.8164965809277261 * 0.008819171036881969,
      9,
    );
  });

  it("names the numbers that a report has, when the one asked for is missing", async () => {
    await expect(compare(arms, { metric: "perClass" })).rejects.toThrow(
      /has no number 'perClass' \(it has: accuracy, n\)/,
    );
    expect(() => resolveOptions(kind, { level: 1 })).toThrow("level");
  });
});

describe("pairing", () => {
  const probe = (labels: Labels, value = 0): Probe => ({ labels, value });

  it("broadcasts over axes that an arm does not have", () => {
    const generated = [0, 1].flatMap(seed => [0.1, 0.3].map(sigma => probe({ seed, sigma }, seed + sigma)));
    const real = [probe({ seed: 0 }, 10), probe({ seed: 1 }, 11)];
    const blocks = pairProbes({ generated, real, raw: [probe({}, 5)] });
    expect(blocks.map(b => [b.generated, b.real, b.raw])).toEqual([
      [0.1, 10, 5],
      [0.3, 10, 5],
      [1.1, 11, 5],
      [1.3, 11, 5],
    ]);
  });

  it.each([
    [[probe({ seed: 0 })], [probe({ seed: 1 })], "generated[seed=0] has no partner among the probes of real"],
    [[probe({})], [probe({ seed: 0 }), probe({ seed: 1 })], "several partners in real: [seed=0], [seed=1]"],
    [
      [probe({ seed: 0 })],
      [probe({ seed: 0 }), probe({ seed: 1 })],
      "no generated probe belongs to real[seed=1]",
    ],
    [[], [probe({})], "no probe of generated views"],
    // Labels are typed: the text "0" is another seed than the number 0.
    [[probe({ seed: "0" })], [probe({ seed: 0 })], "has no partner"],
  ])("refuses to guess (%#)", (generated, real, message) => {
    expect(() => pairProbes({ generated, real })).toThrow(message);
  });
});
