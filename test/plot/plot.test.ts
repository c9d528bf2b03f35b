import { describe, expect, it } from "@jest/globals";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Gathered, JsonObject, Labels } from "../../runner/step-api.js";
import kind from "../../steps/kinds/plot/index.js";
import { type KindRun, runKind } from "../rig/context.js";
import { tempFolder } from "../rig/temp.js";

function report(accuracy: number, labels: Labels = {}): Gathered {
  const path = join(tempFolder(), "report");
  mkdirSync(path);
  writeFileSync(join(path, "report.json"), JSON.stringify({ accuracy, n: 100 }));
  return { labels, path };
}

const sweep = [0, 0.3, 4].flatMap((sigma, i) =>
  [0, 1, 2].map(seed => report(0.8 + 0.01 * i + 0.001 * seed, { seed, sigma })),
);

function plot(gathered: Record<string, Gathered[]>, options: JsonObject = {}): Promise<KindRun<unknown>> {
  return runKind(kind, { with: { along: "sigma", ...options }, gathered });
}

function files({ outputs }: KindRun<unknown>): { svg: string; table: string; csv: string } {
  const read = (name: string): string => readFileSync(join(outputs["figure"] ?? "", name), "utf8");
  return { svg: read("figure.svg"), table: read("table.md"), csv: read("table.csv") };
}

describe("plot", () => {
  it("gives means with the t-intervals that SciPy gives, in the axis's order", async () => {
    const { table } = files(await plot({ curve: sweep }));
    // scipy.stats.t.interval(.95, 2, loc=.801, scale=.001/sqrt(3))
    expect(table.split("\n")).toEqual([
      "| sigma | accuracy | 95 % interval | n |",
      "| --- | --- | --- | --- |",
      "| 0 | 0.8010 | 0.7985 to 0.8035 | 3 |",
      "| 0.3 | 0.8110 | 0.8085 to 0.8135 | 3 |",
      "| 4 | 0.8210 | 0.8185 to 0.8235 | 3 |",
      "",
    ]);
  });

  it("keeps every reading in full precision", async () => {
    const { csv } = files(await plot({ curve: sweep }));
    const values = csv
      .trim()
      .split("\n")
      .slice(1)
      .map(line => Number(line.split(",")[2]));
    expect(values).toEqual(sweep.map((_, i) => 0.8 + 0.01 * Math.floor(i / 3) + 0.001 * (i % 3)));
  });

  it("draws a point a value, the limit after them, and a line for each reference", async () => {
    const limit = [0, 1].map(seed => report(0.79, { seed }));
    const arms = { limit, real: [report(0.85)], raw: [report(0.84)] };
    const { svg, table } = files(await plot({ curve: sweep, ...arms }, { limit: "independent z" }));
    expect(svg.match(/class="point"/g)).toHaveLength(4);
    expect(svg).toContain("independent z: 0.7900 (0.7900 to 0.7900), n = 2");
    expect(svg).toContain("real 0.850");
    expect(svg).not.toContain("random 0");
    expect(
      table
        .split("\n")
        .slice(5, 8)
        .map(row => row.split(" | ")[0]),
    ).toEqual(["| independent z", "| real", "| raw"]);
  });

  it("puts numbers where they lie, on a line or its logarithm", async () => {
    const counts = [1000, 10_000, 100_000].map(n => report(0.8, { n }));
    const xs = async (spacing: string): Promise<number[]> => {
      const { svg } = files(await plot({ curve: counts }, { along: "n", spacing }));
      return [...svg.matchAll(/class="point" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    };
    const [a = 0, b = 0, c = 0] = await xs("log");
    expect((b - a) / (c - a)).toBeCloseTo(0.5, 2);
    const [d = 0, e = 0, f = 0] = await xs("linear");
    expect((e - d) / (f - d)).toBeCloseTo(9 / 99, 2);
  });

  it("puts the limit after the end of a log axis, and refuses what such an axis has no place for", async () => {
    const curve = [1, 10, 100].map(n => report(0.8, { n }));
    const limit = [report(0.9, {})];
    const { svg } = files(await plot({ curve, limit }, { along: "n", spacing: "log" }));
    const [a = 0, b = 0, c = 0, d = 0] = [...svg.matchAll(/class="point" cx="([\d.]+)"/g)].map(([, x]) =>
      Number(x),
    );
    expect([(b - a) / (c - a), (c - a) / (d - a)]).toEqual([
      expect.closeTo(0.5, 2),
      expect.closeTo(2 / 3, 2),
    ]);
    for (const [spacing, value, message] of [
      ["log", 0, /'n' has 0, but a log axis takes numbers above 0.*spacing: linear, or even/],
      ["log", -1, /'n' has -1, but a log axis/],
      ["log", "a", /'n' has "a".*spacing: even/],
      ["linear", "a", /'n' has "a", but a linear axis takes numbers/],
    ] as const)
      await expect(
        plot({ curve: [...curve, report(0.8, { n: value })] }, { along: "n", spacing }),
      ).rejects.toThrow(message);
  });

  it("needs no repeats", async () => {
    const { table, svg } = files(
      await plot({ curve: [report(0.8, { sigma: 1 }), report(0.9, { sigma: 2 })] }),
    );
    expect(table).toContain("| 1 | 0.8000 |  | 1 |");
    expect(svg).not.toContain('class="whisker"');
  });

  it("shows what it was given as text", async () => {
    const { svg } = files(await plot({ curve: sweep }, { title: "<script>alert(1)</script>" }));
    expect(svg).not.toContain("<script");
  });

  it("refuses reports that are not on the axis, or lack the number", async () => {
    await expect(plot({ curve: [report(0.8, { seed: 0 })] })).rejects.toThrow(
      "no axis 'sigma' (they have seed)",
    );
    await expect(plot({ curve: sweep }, { metric: "recall" })).rejects.toThrow("has no number 'recall'");
  });
});
