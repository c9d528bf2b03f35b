import { afterAll, describe, expect, it } from "@jest/globals";
import { parseText, partAt, type Reference } from "../../runner/spec/expression.js";
import { parseSet } from "../../runner/spec/set-option.js";
import { parseDuration, parseSize } from "../../runner/spec/units.js";
import { folderOf, load, mistakes } from "./support.js";

const folder = folderOf({
  "first.yaml": "sigma: 0.4\nview: { kind: angular }\n",
  "second.json": '{ "sigma": 0.5 }',
});
afterAll(folder.remove);

const STEPS = "steps: { a: { run: [x] } }\n";
const params = async (text: string, sets: string[] = [], paramsFiles: string[] = []) =>
  (await load(text + STEPS, { sets, paramsFiles, cwd: folder.path })).graph.params;

describe("expressions", () => {
  const reference = (text: string): Reference | undefined =>
    parseText(text).pieces.find(piece => typeof piece !== "string");

  it("are names, dots and brackets", () => {
    const found = reference("${{ params.a-b[0][\"c d\"]['e']._f }}");
    expect(found).toMatchObject({ root: "params", path: ["a-b", 0, "c d", "e", "_f"] });
    expect(reference("${{params}}")).toMatchObject({ root: "params", path: [] });
    expect(reference("${{\n params.a\n}}")).toMatchObject({ path: ["a"] });
  });

  it("know where each part of them stands", () => {
    const found = reference('x ${{ params.a[0]["c d"] }}');
    const part = (n: number) => found?.source.slice(...partAt(found, n));
    expect([0, 1, 2, 3].map(part)).toEqual(["params", "a", "[0]", '["c d"]']);
  });

  it("are told from text, and `$${{` is text", () => {
    const pieces = parseText("a ${{ b.c }}$${{ d }}${{ e.f }}").pieces;
    expect(pieces.map(p => (typeof p === "string" ? p : p.source))).toEqual([
      "a ",
      "${{ b.c }}",
      "${{ d }}",
      "${{ e.f }}",
    ]);
  });

  it.each([
    "${{ a b }}",
    "${{ a. }}",
    "${{ a[-1] }}",
    "${{ a[01] }}",
    "${{ f() }}",
    "${{ 1 }}",
    "${{ a['b] }}",
    "${{ a",
  ])("are not %s", text => {
    const { pieces, faults } = parseText(text);
    expect(faults).toHaveLength(1);
    expect(pieces.every(piece => typeof piece === "string")).toBe(true);
  });
});

describe("params", () => {
  const declared =
    "params: { sigma: 0.3, seeds: [0, 1], view: { kind: gaussian, n: 2 }, open: {}, none: null }\n";

  it("are overridden by files, then by --set, each in order", async () => {
    expect(await params(declared)).toMatchObject({ sigma: 0.3 });
    expect(await params(declared, [], ["first.yaml"])).toMatchObject({
      sigma: 0.4,
      view: { kind: "angular", n: 2 },
    });
    expect(await params(declared, [], ["first.yaml", "second.json"])).toMatchObject({ sigma: 0.5 });
    expect(await params(declared, ["sigma=0.6", "sigma=0.7"], ["first.yaml"])).toMatchObject({ sigma: 0.7 });
  });

  it("merge mappings, replace lists, and go down by path", async () => {
    expect(await params(declared, ["view={ n: 3 }"])).toMatchObject({ view: { kind: "gaussian", n: 3 } });
    expect(await params(declared, ["view.n=4", "seeds[1]=9"])).toMatchObject({
      view: { n: 4 },
      seeds: [0, 9],
    });
    expect(await params(declared, ["seeds=[5]"])).toMatchObject({ seeds: [5] });
    expect(await params(declared, ["open.x=1", "none=[1]"])).toMatchObject({ open: { x: 1 }, none: [1] });
  });

  it("read each other, keeping types, after all overrides", async () => {
    const text =
      'params: { a: 1, b: "${{ params.a }}", c: "a=${{ params.b }}", d: { e: ["${{ params.a }}"] }, f: "${{ params.d.e[0] }}", g: "$${{ x }}" }\n';
    const expected = { b: 1, c: "a=1", d: { e: [1] }, f: 1, g: "${{ x }}" };
    expect(await params(text)).toEqual({ a: 1, ...expected });
    expect(await params(text, ["a=true"])).toEqual({
      a: true,
      b: true,
      c: "a=true",
      d: { e: [true] },
      f: true,
      g: "${{ x }}",
    });
  });

  it("are read by other params through values that are expressions", async () => {
    const text = 'params: { a: { x: 5 }, b: "${{ params.a }}", c: "${{ params.b.x }}" }\n';
    expect(await params(text)).toMatchObject({ b: { x: 5 }, c: 5 });
  });

  it("give numbers their shortest form in texts", async () => {
    const text =
      'params: { a: 1.50, b: 1e21, c: 0x10, t: "${{ params.a }} ${{ params.b }} ${{ params.c }}" }\n';
    expect(await params(text)).toMatchObject({ t: "1.5 1e+21 16" });
  });

  it.each([
    ["a=0.5", ["a"], 0.5],
    ["a.b=x", ["a", "b"], "x"],
    ["a=", ["a"], ""],
    ["a=x=y", ["a"], "x=y"],
    ["a=[1, {b: 2}]", ["a"], [1, { b: 2 }]],
    ['a="1"', ["a"], "1"],
    ["a=null", ["a"], null],
    ["a=1e-3", ["a"], 0.001],
  ])("--set %s", (text, path, value) => {
    expect(parseSet(text)).toMatchObject({ path, value });
  });

  it.each(["a", "=1", "a b=1", "a=b: c", "a=[1", "a=!!x 1", "a=.inf", "a=*x", "a=#"])(
    "--set %s is refused",
    text => {
      expect(() => parseSet(text)).toThrow();
    },
  );

  it("in a params file are pointed at there", async () => {
    const [first] = await mistakes(`params: { sigm: 1 }\n${STEPS}`, {
      cwd: folder.path,
      paramsFiles: ["first.yaml"],
    });
    expect(first).toMatchObject({ code: "unknown-param", file: "first.yaml", hint: "did you mean `sigm`?" });
    expect(first?.range?.start).toMatchObject({ line: 1, column: 1 });
  });
});

describe("units", () => {
  it.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["24d", 2_073_600_000],
    [2, 2000],
    [0.0001, 1],
    ["0s", undefined],
    [0, undefined],
    [-1, undefined],
    ["25d", undefined],
    ["5", undefined],
    ["5 m", undefined],
    ["1e3s", undefined],
    [[1], undefined],
  ])("the duration %j", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    ["4GB", 4e9],
    ["512MiB", 536_870_912],
    ["1.5K", 1500],
    ["2 TiB", 2 * 2 ** 40],
    ["100", 100],
    ["7B", 7],
    [4096, 4096],
    ["GB", undefined],
    ["4 XB", undefined],
    [-1, undefined],
    ["9999999TB", undefined],
  ])("the size %j", (text, expected) => {
    expect(parseSize(text)).toBe(expected);
  });
});
