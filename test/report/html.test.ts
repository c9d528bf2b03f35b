import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { renderReport } from "../../runner/report/html.js";
import { renderMarkdown } from "../../runner/report/markdown.js";
import { buildReportModel } from "../../runner/report/model.js";
import { renderRunTable } from "../../runner/report/run-table.js";
import { expectGolden } from "../golden.js";
import { grid, makeRun, quickstart } from "./fixture.js";
import { elements } from "./well-formed.js";

const folder = mkdtempSync(join(tmpdir(), "vistas-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("renderReport", () => {
  const page = (async () => {
    const { run, results } = quickstart(join(folder, "quickstart"));
    return renderReport(await buildReportModel(run, results));
  })();

  it("is a well-formed page of the usual elements", async () => {
    const names = new Set(elements(await page).map(({ name }) => name));
    for (const name of ["html", "head", "body", "main", "table", "svg", "img", "details", "figure"])
      expect(names).toContain(name);
    for (const name of ["script", "iframe", "object", "link", "form"]) expect(names).not.toContain(name);
  });

  it("asks nothing of a network, and forbids itself to", async () => {
    const html = await page;
    expect(html.replace(/data:image\/png;base64,[^"]*/g, "")).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/i);
    const all = elements(html);
    for (const { name, attributes } of all) {
      for (const [key, value] of Object.entries(attributes)) {
        expect(key).not.toMatch(/^on|^style$/);
        if (key === "src") expect(value).toMatch(/^data:image\/png;base64,/);
        if (key === "href") expect(value).toMatch(/^#/);
        if (name === "a" && key === "href") expect(html).toContain(`id="${value.slice(1)}"`);
      }
    }
    const policy = all.find(({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy");
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(policy?.attributes["content"]?.replaceAll("&#39;", "'")).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });

  it("shows pages that steps made in frames in which nothing runs, and says where those are that are too large", async () => {
    const { run, results } = quickstart(join(folder, "pages"));
    const model = await buildReportModel(run, results);
    const place = { step: "nb", labels: {}, output: "page", file: "" };
    const foreign = '<style>p{}</style><p onclick="x()">a</p></iframe><script>alert(1)</script>';
    const pages = [
      { ...place, id: "nb[n=1]", html: foreign, bytes: foreign.length },
      { ...place, id: "nb[n=2]", html: undefined, bytes: 5_000_000 },
    ];
    const html = renderReport({ ...model, attachments: { ...model.attachments, pages } });
    const all = elements(html);
    const [frame, ...more] = all.filter(({ name }) => name === "iframe");
    expect([more, all.some(({ name }) => name === "script")]).toEqual([[], false]);
    expect(frame?.attributes).toMatchObject({ sandbox: "", title: "nb[n=1].page" });
    expect(frame?.attributes["srcdoc"]).toContain("&lt;/iframe&gt;&lt;script&gt;");
    expect(html).toContain("default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; font-src data:;");
    expect(html).toContain("vistas checkout pipelines/quickstart.yaml &#39;nb[n=2].page&#39; DIR");
  });

  it("gives the same bytes for the same run", async () => {
    const { run, results } = quickstart(join(folder, "again"));
    expect(renderReport(await buildReportModel(run, results))).toBe(await page);
  });

  it("tells the run: outcome, metrics with intervals, each step, images, curves, provenance", async () => {
    const html = await page;
    const text = html.replace(/<style>[^]*?<\/style>|<[^>]*>/g, " ").replace(/\s+/g, " ");
    for (const words of [
      "quickstart done 2026-11-23 06:10:19 UTC took 2m39s 15 ran 8 cached",
      "0.8118 ± 0.0039 n=3",
      "seed=0", // each repeat
      "encoder ×3",
      "views.views/grid.png",
      "with.sigma: 0.3 is now 0.5",
      "recipe.temperature 0.1",
    ])
      expect(text).toContain(words);
    expect(elements(html).filter(({ name }) => name === "img")).toHaveLength(5);
    expect(html.match(/class="faint|class="line faint"/g)).toHaveLength(6);
  });

  it("puts what failed first", async () => {
    const { run, results } = makeRun(join(folder, "failed"), {
      train: { kind: "train", seeds: [0, 1], outcome: "failed", error: "loss is NaN\nat update 3" },
      probe: { kind: "probe", seeds: [0, 1], outcome: "skipped", inputs: { encoder: ["train"] } },
    });
    const html = renderReport(await buildReportModel(run, results));
    elements(html);
    expect(html.indexOf("loss is NaN")).toBeLessThan(html.indexOf("<main>"));
    expect(html).not.toContain('id="results"');
  });

  it("stays a page that a browser opens when the run is of thousands", async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [
        `s${i}`,
        { kind: "k", ...(i > 0 ? { inputs: { in: [`s${i - 1}`] } } : {}) },
      ]),
    );
    const { run, results } = makeRun(join(folder, "wide"), {
      ...chain,
      many: { kind: "m", seeds: Array.from({ length: 2000 }, (_, i) => i), metrics: seed => ({ x: seed }) },
    });
    const html = renderReport(await buildReportModel(run, results));
    expect(html.length).toBeLessThan(4e6);
    expect(html).toContain("more instances left out of this page");
    elements(html);
  });
});

describe("text of others", () => {
  const evil = `"><script>alert(1)</script></style></title><img src=x onerror=alert(1)>' & \u202e\u0000 ]]> --> \${x}`;

  it("is text wherever it stands", async () => {
    const { run, results } = makeRun(join(folder, "evil"), {
      [evil]: {
        kind: evil,
        axes: [{ [evil]: evil }, { [evil]: "other" }],
        with: { [evil]: evil },
        metrics: () => ({ [evil]: 0.5, b: NaN }),
        curves: () => ({
          [evil]: [
            [0, 1],
            [1, NaN],
            [2, 3],
          ],
        }),
        outputs: {
          a: `# ${evil}\n\n| ${evil} | b |\n|---|---|\n| ${evil} | 1 |\n`,
          "b.csv": `${evil},b\n"${evil.replaceAll('"', '""')}",2\n`,
          "c.json": JSON.stringify({ [evil]: evil }),
          d: { "x.png": grid(1, 1, "x"), "e.txt": evil },
        },
      },
      broken: { kind: "run", outcome: "failed", error: evil, inputs: { [evil]: [evil] } },
    });
    const hostile = {
      ...run,
      pipeline: evil,
      file: evil,
      params: { [evil]: evil },
      environment: { [evil]: evil },
    };
    const html = renderReport(await buildReportModel(hostile, results));
    const all = elements(html);
    expect(all.filter(({ name }) => name === "script")).toEqual([]);
    expect(all.filter(({ name }) => name === "img")).toHaveLength(2);
    expect(
      all.flatMap(({ attributes }) => Object.keys(attributes)).filter(key => key.startsWith("on")),
    ).toEqual([]);
    expect(html.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });

  it("means nothing in Markdown", async () => {
    const { run, results } = makeRun(join(folder, "evil-markdown"), {
      "a|b`c*_[x](y)<script>@team https://x": { kind: "k|`", metrics: () => ({ "m|<b>": 1 }) },
      broken: { kind: "run", outcome: "failed", error: "````\n# not a heading\n```" },
    });
    expectGolden("report/golden/hostile.md.txt", renderMarkdown(await buildReportModel(run, results)));
  });
});

describe("renderMarkdown", () => {
  it("is a summary for a CI job", async () => {
    const { run, results } = quickstart(join(folder, "markdown"));
    expectGolden("report/golden/summary.md.txt", renderMarkdown(await buildReportModel(run, results)));
  });
});

describe("renderRunTable", () => {
  const { run, results } = quickstart(join(folder, "table"));

  it("shows what a run came to", () => {
    expectGolden("report/golden/run-table.txt", renderRunTable(run, results, { color: false, stdout: {} }));
  });

  it("counts the metrics that do not fit, and keeps one", () => {
    const narrow = renderRunTable(run, results, { color: false, stdout: { columns: 50 } });
    expect(narrow).toContain("+2 more");
    for (const line of narrow.split("\n")) expect(line.length).toBeLessThanOrEqual(52);
  });

  it("is empty where nothing was measured", () => {
    const { run, results } = makeRun(join(folder, "none"), { a: { kind: "k" } });
    expect(renderRunTable(run, results, { color: false, stdout: {} })).toBe("");
  });
});
