import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { estimate } from "../../runner/core/numbers/statistics.js";
import { LIMITS, readAttachments } from "../../runner/report/attachments.js";
import { charts } from "../../runner/report/charts/curves.js";
import { cellText, isRepeat, metricTables } from "../../runner/report/metrics.js";
import { layOut, markdownMarkup, parseCsv } from "../../runner/report/prose.js";
import { scaleOf } from "../../runner/core/numbers/scale.js";
import { grid, makeRun } from "./fixture.js";

const folder = mkdtempSync(join(tmpdir(), "vistas-parts-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("estimate", () => {
  it("is the mean with its t-interval", () => {
    // scipy.stats.t.interval(0.95, 2, loc=mean, scale=sem) of [0.81, 0.815, 0.82]
    const { mean, half, n } = estimate([0.81, 0.815, 0.82]);
    expect([mean, n]).toEqual([0.815, 3]);
    expect(half).toBeCloseTo(0.012420687, 8);
  });

  it("has no interval of one value, and none of width of equal ones", () => {
    expect(estimate([0.3])).toEqual({ mean: 0.3, half: null, n: 1, min: 0.3, max: 0.3 });
    expect(estimate([0.1, 0.1, 0.1])).toMatchObject({ mean: 0.1, half: 0 });
    expect(() => estimate([])).toThrow(RangeError);
  });
});

describe("metricTables", () => {
  it("averages over repeats and never over a factor", () => {
    const source = (sigma: number, seed: number, accuracy: number) => ({
      step: "probe",
      kind: "evaluate-probe",
      key: `${sigma} ${seed}`,
      labels: { sigma, seed },
      metrics: { accuracy },
    });
    const [table] = metricTables([
      source(0.1, 0, 1),
      source(0.1, 1, 3),
      source(0.5, 0, 10),
      source(0.5, 1, 30),
    ]);
    expect(table?.rows.map(row => [row.name, row.cells.get("accuracy")?.estimate.mean])).toEqual([
      ["probe sigma=0.1", 2],
      ["probe sigma=0.5", 20],
    ]);
    expect(table?.rows[0]?.cells.get("accuracy")?.values).toEqual([
      { label: "seed=0", value: 1 },
      { label: "seed=1", value: 3 },
    ]);
  });

  it("takes NAME.low and NAME.high of a step as the interval of NAME, and puts followed metrics last", () => {
    const metrics = {
      loss: 0.5,
      difference: -0.0012,
      "difference.low": -0.0061,
      "difference.high": 0.0037,
      "n.low": 3,
    };
    const [table] = metricTables([
      { step: "summary", key: null, kind: "compare", labels: {}, metrics, followed: new Set(["loss"]) },
    ]);
    expect(table?.metrics).toEqual(["difference", "n.low", "loss"]);
    const cell = table?.rows[0]?.cells.get("difference");
    expect(cell === undefined ? "" : cellText(cell)).toBe("-0.0012 [-0.0061, 0.0037]");
  });

  it("knows an axis of repeats by its name", () => {
    expect(["seed", "seeds", "generator_seed", "data-seed", "fold", "Trial"].filter(isRepeat)).toHaveLength(
      6,
    );
    expect(["sigma", "seedling", "dataset", "unfold"].filter(isRepeat)).toEqual([]);
  });
});

describe("charts", () => {
  it("thins a long curve without losing its spike or its ends", () => {
    const points = Array.from({ length: 10_000 }, (_, i): [number, number] => [
      i,
      i === 5003 ? 99 : Math.sin(i / 500),
    ]);
    const { results } = makeRun(join(folder, "curves"), {
      a: { kind: "k", curves: () => ({ loss: points }) },
    });
    const kept = charts(results)[0]?.series[0]?.lines[0]?.points ?? [];
    expect(kept.length).toBeLessThan(260);
    expect(kept).toContainEqual([5003, 99]);
    expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
    expect(kept.map(([at]) => at)).toEqual([...kept.map(([at]) => at)].sort((a, b) => a - b));
  });

  it("takes a mean only where every line has a point", () => {
    const { results } = makeRun(join(folder, "mean"), {
      a: {
        kind: "k",
        seeds: [0, 1],
        curves: seed => ({
          loss: [
            [0, 1 + seed],
            [1 + 5 * seed, 3],
            [10, 4 + seed],
          ],
        }),
      },
    });
    expect(charts(results)[0]?.series[0]?.mean).toEqual([
      { at: 0, mean: 1.5, min: 1, max: 2 },
      { at: 10, mean: 4.5, min: 4, max: 5 },
    ]);
  });

  it("takes the mean of long curves over stretches: of what all lines have, however each is thinned", () => {
    const { results } = makeRun(join(folder, "long"), {
      a: {
        kind: "k",
        seeds: [0, 1, 2],
        // Each shakes in its own way about a level of its own.
        curves: seed => ({
          loss: Array.from({ length: 1801 }, (_, i) => [i, seed + Math.sin(i * (seed + 1) ** 2)]),
        }),
      },
    });
    const mean = charts(results)[0]?.series[0]?.mean ?? [];
    expect(mean.length).toBeGreaterThan(100);
    expect(mean.length).toBeLessThanOrEqual(120);
    for (const { mean: middle, min, max } of mean.slice(0, -1)) {
      const off = [min, middle - 1, max - 2].map(Math.abs);
      expect(Math.max(...off)).toBeLessThan(0.4);
    }
  });
});

describe("readAttachments", () => {
  it("shows images and small texts, by content where the name does not tell", async () => {
    const { results } = makeRun(join(folder, "files"), {
      a: {
        kind: "k",
        outputs: {
          report: '{"accuracy":0.8}',
          table: "| a | b |\n|---|---|\n| 1 | 2 |\n",
          csv: "a,b\n1,2\n",
          image: grid(2, 1, "a"),
          drawing:
            '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>alert(1)</script></svg>',
          binary: Buffer.from([1, 2, 0, 4]),
          latin: Buffer.from([0x63, 0xe9]),
          deep: { "x/y/grid.png": grid(1, 1, "b"), "x/data.npy": "text all the same", "notes.md": "hello" },
        },
      },
    });
    const { figures, texts, leftOut } = await readAttachments(results);
    expect(figures.map(({ output, file, width, height }) => [output, file, width, height])).toEqual([
      ["image", "", 56, 28],
      ["drawing", "", 40, 30],
      ["deep", "x/y/grid.png", 28, 28],
    ]);
    expect(texts.map(({ output, file, format }) => [output, file, format])).toEqual([
      ["report", "", "json"],
      ["table", "", "markdown"],
      ["csv", "", "csv"],
      ["deep", "notes.md", "markdown"],
    ]);
    expect(leftOut).toEqual([]);
  });

  it("says what it leaves out for its size", async () => {
    const large = Buffer.concat([grid(1, 1, "c"), Buffer.alloc(LIMITS.image)]);
    const fits = Buffer.concat([grid(1, 1, "c"), Buffer.alloc(LIMITS.image - 5000)]);
    const { results } = makeRun(join(folder, "large"), {
      a: { kind: "k", outputs: { large, ...Object.fromEntries([0, 1, 2, 3, 4].map(i => [`f${i}`, fits])) } },
    });
    const { figures, leftOut } = await readAttachments(results);
    expect(figures).toHaveLength(4);
    expect(leftOut).toEqual(["2 images (4.0 MB) beyond the size limit"]);
  });

  it("follows no link, and tells what is gone", async () => {
    const { results } = makeRun(join(folder, "links"), {
      a: { kind: "k", outputs: { tree: { "a.txt": "a" }, gone: "x" } },
    });
    const paths = results[0]?.paths ?? {};
    const secret = join(folder, "secret");
    mkdirSync(secret);
    writeFileSync(join(secret, "s.txt"), "secret");
    symlinkSync(secret, join(paths["tree"] ?? "", "link"));
    symlinkSync(join(secret, "s.txt"), join(paths["tree"] ?? "", "b.txt"));
    rmSync(paths["gone"] ?? "");
    const { texts, leftOut } = await readAttachments(results);
    expect(texts.map(text => text.file)).toEqual(["a.txt"]);
    expect(leftOut).toEqual(["a.gone is not there any more"]);
  });
});

describe("prose", () => {
  it("reads CSV as RFC 4180 has it", () => {
    expect(parseCsv('a,b\r\n"x, ""y""\nz",2\n\n,\n')).toEqual([
      ["a", "b"],
      ['x, "y"\nz', "2"],
      ["", ""],
    ]);
    expect(parseCsv("a,b\n1,2")).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
    expect(parseCsv("")).toEqual([]);
  });

  it("makes Markdown's tables tables and leaves its HTML text", () => {
    const { text } = markdownMarkup("# Title\n\n| a | b \\| c |\n|:--|--:|\n| x | 1.5 |\n\n<b>bold</b>");
    expect(text).toContain('<th scope="col">a</th><th scope="col" class="number">b | c</th>');
    expect(text).toContain('<td>x</td><td class="number">1.5</td>');
    expect(text).toContain("<p><b>Title</b></p>");
    expect(text).toContain("&lt;b&gt;bold&lt;/b&gt;");
  });

  it("lays JSON out with a matrix's rows on a line each", () => {
    expect(
      layOut({
        a: [
          [1, 2],
          [3, 4],
        ],
        b: {},
        c: [],
        d: "x",
        e: null,
      }),
    ).toBe('{\n  "a": [\n    [1, 2],\n    [3, 4]\n  ],\n  "b": {},\n  "c": [],\n  "d": "x",\n  "e": null\n}');
  });
});

describe("scaleOf", () => {
  it("marks an axis with round numbers inside its range", () => {
    expect(scaleOf([0.79, 0.832], 5).ticks.map(tick => tick.text)).toEqual([
      "0.79",
      "0.80",
      "0.81",
      "0.82",
      "0.83",
    ]);
    expect(scaleOf([0, 500], 5, 0).ticks.map(tick => tick.text)).toEqual([
      "0",
      "100",
      "200",
      "300",
      "400",
      "500",
    ]);
    expect(scaleOf([-2e-6, 2e-6], 4).ticks.map(tick => tick.text)).toEqual(["-2e-6", "0", "2e-6"]);
  });

  it("gives one value room to stand in", () => {
    for (const value of [0, 3, -1e-9, 1e12]) {
      const { min, max, ticks } = scaleOf([value, value], 5);
      expect(min).toBeLessThan(value);
      expect(max).toBeGreaterThan(value);
      expect(ticks.length).toBeGreaterThan(1);
    }
  });
});
