/** The forms of a matrix: which instances there are, what they take, and what is a mistake. */
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Place } from "../../runner/core/labels.js";
import {
  countPlaces,
  gridOf,
  join,
  nameOf,
  placesOf,
  without,
  type Grid,
} from "../../runner/pipeline/steps/grid.js";
import { decimalRange, logarithmicRange } from "../../runner/pipeline/steps/decimals.js";
import { brief, folderOf, load, mistakes } from "../spec/support.js";

const folder = folderOf({
  "data/b.csv": "",
  "data/a.csv": "",
  "data/.hidden.csv": "",
  "data/sub/c.csv": "",
  "data/n.txt": "",
  "data/x=1.dat": "",
  "odd[1].csv": "",
  "left/one.csv": "",
  ".vistasignore": "data/sub\n",
});
afterAll(folder.remove);
const at = { cwd: folder.path };

/** The instances of a step `a` that reads all its axes. */
async function instances(matrix: string, axes: readonly string[]): Promise<string[]> {
  const words = axes.map(axis => `"\${{ matrix.${axis} }}"`).join(", ");
  const { graph } = await load(`steps:\n  a:\n    run: [x, ${words}]\n    matrix: ${matrix}\n`, at);
  return graph.nodes.map(({ id }) => id.slice(2, -1));
}

describe("an axis", () => {
  it.each([
    ["{ from: 0.1, to: 0.5, step: 0.1 }", ["0.1", "0.2", "0.3", "0.4", "0.5"]],
    ["{ from: 1, to: 4 }", ["1", "2", "3", "4"]],
    ["{ from: 0, to: 1, step: 0.3 }", ["0", "0.3", "0.6", "0.9"]],
    ["{ from: 1, to: -1, step: -0.5 }", ["1", "0.5", "0", "-0.5", "-1"]],
    ["{ from: 1e-4, to: 3e-4, step: 1e-4 }", ["0.0001", "0.0002", "0.0003"]],
    ["{ log: [1e-4, 1], n: 5 }", ["0.0001", "0.001", "0.01", "0.1", "1"]],
    ["{ log: [1, 1024], n: 11 }", ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "1024"]],
    ["{ log: [10, 0.1], n: 5 }", ["10", "3.16227766017", "1", "0.316227766017", "0.1"]],
    ["{ files: ./data/*.csv }", ["./data/a.csv", "./data/b.csv"]],
    ["{ files: './{data,left}/*.csv' }", ["./data/a.csv", "./data/b.csv", "./left/one.csv"]],
    ["{ files: './odd[1].csv' }", undefined],
  ])("is %s", async (form, values) => {
    if (values === undefined) expect(await mistakes(one(form), at)).toMatchObject([{ code: "bad-axis" }]);
    else expect(await instances(`{ v: ${form} }`, ["v"])).toEqual(values.map(value => `v=${value}`));
  });

  it("takes forms and their parts from params", async () => {
    const { graph } = await load(
      'params: { n: 2, f: { from: 1, to: 2 } }\nsteps:\n  a:\n    run: [x, "${{ matrix.s }}", "${{ matrix.t }}"]\n    matrix: { s: { from: 0, to: "${{ params.n }}" }, t: "${{ params.f }}" }\n',
    );
    expect(graph.nodes).toHaveLength(6);
  });

  it("counts steps on the decimals that are written", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(40),
        fc.nat(6),
        (a, by, n, places) => {
          const text = (units: number): string => (units / 10 ** places).toFixed(places);
          const found = decimalRange(text(a), text(a + by * n), text(by), 100);
          expect(found.map(value => value.toFixed(places))).toEqual(
            Array.from({ length: n + 1 }, (_, i) => text(a + by * i).replace(/^-(0\.?0*)$/, "$1")),
          );
        },
      ),
    );
  });

  it("has both ends of a logarithmic range, and the values rise", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 0 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2, max: 60 }),
        (a, b, n) => {
          const found = logarithmicRange(10 ** a, 10 ** b, n);
          expect([found[0], found.at(-1), found.length]).toEqual([10 ** a, 10 ** b, n]);
          expect(found.every((value, i) => i === 0 || value > (found[i - 1] ?? 0))).toBe(true);
        },
      ),
    );
  });
});

describe("include and exclude", () => {
  it("leave out what agrees with a part, then add single combinations", async () => {
    const matrix =
      "{ s: [0.1, 2], k: [0, 1, 2], exclude: [{ s: 0.10, k: 2 }, { k: 1 }], include: [{ s: 8, k: 0 }, { s: 2.0, k: 1 }] }";
    expect(await instances(matrix, ["s", "k"])).toEqual([
      "k=0,s=0.1",
      "k=0,s=2",
      "k=0,s=8",
      "k=1,s=2",
      "k=2,s=2",
    ]);
  });

  it("make a matrix by a list alone", async () => {
    expect(await instances("{ include: [{ a: x, b: 1 }, { b: 2, a: y }] }", ["a", "b"])).toEqual([
      "a=x,b=1",
      "a=y,b=2",
    ]);
  });

  it("give whoever gathers what there is, and whoever pairs what both have", async () => {
    const { graph, warnings } = await load(`steps:
  a: { run: [x, "\${{ matrix.s }}\${{ matrix.k }}"], outputs: { o: o }, matrix: { s: [1, 2], k: [0, 1], exclude: [{ s: 1, k: 1 }] } }
  b: { run: [x, "\${{ matrix.s }}\${{ matrix.k }}"], outputs: { o: o }, matrix: { s: [1, 2], k: [0, 1] } }
  g: { run: [x, "\${{ inputs.a }}\${{ outputs.o }}"], inputs: { a: a }, outputs: { o: o }, over: [k] }
  pair: { run: [x], inputs: { a: a, b: b } }
  all: { run: [x], inputs: { g: g, a: a }, over: [k] }
`);
    const of = (id: string, role: string) => {
      const source = graph.byId.get(id)?.inputs.find(input => input.role === role)?.source;
      return source?.type === "gathered" ? source.entries.map(({ node }) => node) : source;
    };
    expect(of("g[s=1]", "a")).toEqual(["a[k=0,s=1]"]);
    expect(of("g[s=2]", "a")).toEqual(["a[k=0,s=2]", "a[k=1,s=2]"]);
    expect(of("all[s=1]", "a")).toEqual(["a[k=0,s=1]"]);
    expect(graph.nodes.filter(({ step }) => step === "pair").map(({ id }) => id)).toEqual([
      "pair[k=0,s=1]",
      "pair[k=0,s=2]",
      "pair[k=1,s=2]",
    ]);
    expect((await warnings()).filter(({ code }) => code === "unpaired")).toMatchObject([
      { message: expect.stringContaining("`b[k=1,s=1]` has no partner") },
    ]);
  });

  it("join as relations do", () => {
    const value = fc.integer({ min: 0, max: 2 });
    const grid = (...axes: string[]): fc.Arbitrary<Grid> =>
      fc
        .array(fc.record(Object.fromEntries(axes.map(axis => [axis, value]))), { minLength: 1 })
        .map(places => gridOf(new Map(axes.map(axis => [axis, [0, 1, 2]])), places as Place[]));
    fc.assert(
      fc.property(grid("a", "b"), grid("b", "c"), (one, other) => {
        const expected = placesOf(one).flatMap(p =>
          placesOf(other)
            .filter(q => p["b"] === q["b"])
            .map(q => ({ ...p, ...q })),
        );
        const names = ["a", "b", "c"];
        const found = join(one, other);
        expect(
          placesOf(found)
            .map(place => nameOf(place, names))
            .sort(),
        ).toEqual(expected.map(place => nameOf(place, names)).sort());
        expect(countPlaces(found)).toBe(expected.length);
        const left = new Set(placesOf(found).map(place => nameOf(place, ["a"])));
        expect(countPlaces(without(found, ["b", "c"]))).toBe(Math.max(left.size, 0));
      }),
    );
  });
});

function one(form: string): string {
  return `steps:\n  a:\n    run: [x, "\${{ matrix.v }}"]\n    matrix: { v: ${form} }\n`;
}

describe("mistakes of a matrix", () => {
  it.each([
    ["{ v: { from: 0, to: 1, step: 0 } }", "bad-axis 4:42"],
    ["{ v: { from: 0, to: 1, step: -1 } }", "bad-axis 4:42"],
    ["{ v: { from: 0 } }", "bad-axis 4:18"],
    ["{ v: { from: 0, to: x } }", "bad-axis 4:33"],
    ["{ v: { from: 0, to: 1, by: 2 } }", "bad-axis 4:40"],
    ["{ v: { from: 0, to: 1, step: 1e-9 } }", "bad-axis 4:18"],
    ["{ v: { log: [0, 1], n: 3 } }", "bad-axis 4:25"],
    ["{ v: { log: [1, 2] } }", "bad-axis 4:18"],
    ["{ v: { log: [1, 2], n: 1 } }", "bad-axis 4:36"],
    ["{ v: { files: data } }", "bad-axis 4:27"],
    ["{ v: { files: ./data/*.none } }", "missing-file 4:27"],
    ["{ v: { files: ./none/* } }", "missing-file 4:27"],
    ["{ v: { files: './data/*.dat' } }", "bad-axis 4:18"],
    ["{ v: { files: ../*.csv } }", "bad-axis 4:27"],
    ["{ v: {} }", "wrong-value 4:18"],
    ["{ v: [1], include: [0, 1] }", "wrong-value 4:32"],
    ["{ v: [1, 2], exclude: [{ v: 3 }] }", "bad-axis 4:36"],
    ["{ v: [1, 2], exclude: [{ w: 1 }] }", "bad-axis 4:41"],
    ["{ v: [1, 2], exclude: [{ v: 1 }, { v: 2 }] }", "bad-axis 4:35"],
    ["{ v: [1, 2], exclude: [{}] }", "bad-axis 4:36"],
    ["{ v: [1, 2], include: [{ v: 1 }] }", "bad-axis 4:36"],
    ["{ v: [1, 2], include: [{ v: 3 }, { v: 3.0 }] }", "bad-axis 4:46"],
    ["{ v: [1, 2], include: [{ v: '1' }] }", "bad-axis 4:35"],
    ["{ v: [1, 2], include: [{ v: 3, w: 0 }] }", "bad-axis 4:47"],
    ["{ v: [1], w: [1], include: [{ v: 3 }] }", "bad-axis 4:41"],
    ["{ v: [1], include: [{ v: [2] }] }", "bad-axis 4:38"],
  ])("%s", async (matrix, found) => {
    const list = await mistakes(
      `steps:\n  a:\n    run: [x, "\${{ matrix.v }}"]\n    matrix: ${matrix}\n`,
      at,
    );
    expect(list.map(brief)).toEqual([found]);
    expect(list[0]?.message).not.toMatch(/undefined|\[object/);
  });

  it("steps whose inputs have no place in common", async () => {
    const text = `steps:
  a: { run: [x, "\${{ matrix.s }}\${{ matrix.k }}"], outputs: { o: o }, matrix: { include: [{ s: 1, k: 1 }, { s: 2, k: 2 }] } }
  b: { run: [x, "\${{ matrix.s }}\${{ matrix.k }}"], outputs: { o: o }, matrix: { include: [{ s: 1, k: 2 }, { s: 2, k: 1 }] } }
  c: { run: [x], inputs: { a: a, b: b } }
`;
    expect((await mistakes(text)).map(brief)).toEqual(["axis-conflict 4:18"]);
  });
});
