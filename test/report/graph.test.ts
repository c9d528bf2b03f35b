import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Graph, GraphNode, NodeInput } from "../../runner/pipeline/graph/graph.js";
import { instanceId, type Labels } from "../../runner/core/labels.js";
import { renderGraph } from "../../runner/report/graph/draw-graph.js";
import { layout, type Edge } from "../../runner/report/graph/layout.js";
import { expectGolden } from "../golden.js";
import { elements } from "./well-formed.js";

function node(step: string, labels: Labels, inputs: readonly NodeInput[] = [], kind = "k"): GraphNode {
  return {
    id: instanceId(step, labels),
    step,
    labels,
    work: { type: "kind", kind, with: {} },
    inputs,
    env: [],
    resources: { cpus: 1, gpus: 0, memory: 0 },
    retries: 0,
    at: ["steps", step],
  };
}

function graph(nodes: readonly GraphNode[], name = "quickstart"): Graph {
  return {
    name,
    file: "/p/q.yaml",
    project: "/p",
    nodes,
    ignored: () => false,
    skipped: [],
    byId: new Map(nodes.map(one => [one.id, one])),
    params: {},
  };
}

const from = (role: string, id: string): NodeInput => ({
  role,
  source: { type: "artifact", node: id, output: "out" },
});
const seeds = [0, 1, 2];
const QUICKSTART = graph([
  node("generator", {}, [], "fetch-generator"),
  node(
    "views",
    {},
    [
      from("generator", "generator"),
      { role: "notes", source: { type: "file", path: "./n", absolute: "/p/n" } },
    ],
    "sample-views",
  ),
  ...seeds.map(seed => node("encoder", { seed }, [from("views", "views")], "train-contrastive")),
  node("real", {}, [], "fetch-dataset"),
  ...seeds.map(seed =>
    node(
      "probe",
      { seed },
      [from("encoder", `encoder[seed=${seed}]`), from("test", "real"), from("train", "real")],
      "evaluate-probe",
    ),
  ),
  node(
    "summary",
    {},
    [
      {
        role: "probes",
        source: {
          type: "gathered",
          entries: seeds.map(seed => ({
            type: "artifact",
            node: `probe[seed=${seed}]`,
            output: "report",
            place: { seed },
          })),
        },
      },
    ],
    "compare",
  ),
]);

const EVIL = `"]; } --> <script>alert(1)</script> & #quot; \\ | \`x\` {{a}} \u0000\u001b[2J\n%% \u202e`;
const HOSTILE = graph(
  [
    node(EVIL, {}, [], EVIL),
    node("end\\", { [EVIL]: EVIL }, [from(EVIL, EVIL)]),
    node("end\\", { [EVIL]: 2 }),
  ],
  EVIL,
);

describe.each(["mermaid", "dot", "json", "svg"] as const)("graph as %s", format => {
  it("draws steps, with their axes", () => {
    expectGolden(`report/golden/graph.${format}.txt`, renderGraph(QUICKSTART, format));
  });

  it("draws instances", () => {
    expectGolden(
      `report/golden/graph-instances.${format}.txt`,
      renderGraph(QUICKSTART, format, { instances: true }),
    );
  });

  it("takes any name", () => {
    const text = renderGraph(HOSTILE, format, { instances: true });
    expectGolden(`report/golden/graph-hostile.${format}.txt`, text);
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("draws nothing of nothing", () => {
    expect(renderGraph(graph([]), format)).not.toContain("NaN");
  });
});

describe("graph as svg", () => {
  it("is well-formed and holds no script, whatever the names", () => {
    const names = elements(renderGraph(HOSTILE, "svg")).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(["svg", "style", "g", "path", "title", "rect", "text"]));
  });

  it("is drawn in a moment for 1,000 steps", () => {
    const nodes = Array.from({ length: 1000 }, (_, i) =>
      node(`s${i}`, {}, i === 0 ? [] : [from("a", `s${i - 1}`), from("b", `s${Math.floor(i / 2)}`)]),
    );
    const before = process.cpuUsage().user;
    const svg = renderGraph(graph(nodes), "svg");
    expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(5);
    expect(elements(svg).filter(({ name }) => name === "rect")).toHaveLength(1000);
  });
});

describe("layout", () => {
  const options = { boxHeight: 40, gapX: 20, gapY: 30, margin: 8 };
  const dags = fc
    .record({
      sizes: fc.array(fc.integer({ min: 40, max: 200 }), { minLength: 1, maxLength: 30 }),
      links: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 60 }),
    })
    .map(({ sizes, links }) => {
      const boxes = sizes.map((width, i) => ({ id: `n${i}`, width }));
      const edges = new Map<string, Edge>();
      for (const [a, b] of links) {
        const [low, high] = [
          Math.min(a % sizes.length, b % sizes.length),
          Math.max(a % sizes.length, b % sizes.length),
        ];
        if (low < high) edges.set(`${low} ${high}`, { from: `n${low}`, to: `n${high}` });
      }
      return { boxes, edges: [...edges.values()] };
    });

  it("keeps boxes apart, inside the drawing, and every input above its user", () => {
    fc.assert(
      fc.property(dags, ({ boxes, edges }) => {
        const { at, width, height, routes } = layout(boxes, edges, options);
        const placed = boxes.map(box => ({ ...box, ...(at.get(box.id) ?? { x: NaN, y: NaN }) }));
        for (const box of placed) {
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(width);
          expect(box.y + options.boxHeight).toBeLessThanOrEqual(height);
        }
        for (const [i, a] of placed.entries())
          for (const b of placed.slice(i + 1))
            if (a.y === b.y)
              expect(Math.max(b.x - a.x - a.width, a.x - b.x - b.width)).toBeGreaterThanOrEqual(
                options.gapX - 0.2,
              );
        for (const { from: above, to } of edges) expect(at.get(above)?.y).toBeLessThan(at.get(to)?.y ?? NaN);
        expect(routes).toHaveLength(edges.length);
        for (const route of routes)
          for (const [i, point] of route.entries())
            if (i > 0) expect(point.y).toBeGreaterThan(route[i - 1]?.y ?? NaN);
      }),
      { numRuns: 100 },
    );
  });

  it("draws a tree without a crossing and a chain straight", () => {
    const boxes = ["a", "b", "c", "d"].map(id => ({ id, width: 60 }));
    const chain = layout(
      boxes,
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "c", to: "d" },
      ],
      options,
    );
    expect(new Set([...chain.at.values()].map(point => point.x)).size).toBe(1);
  });
});
