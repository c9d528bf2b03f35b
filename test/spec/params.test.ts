import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseText, partAt, type Reference } from "../../runner/pipeline/expressions/expression.js";
import { parseSet } from "../../runner/pipeline/expressions/set-option.js";
import { parseDuration, parseSize } from "../../runner/pipeline/schema/units.js";
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
    expect(await params(text, ["a=2"])).toEqual({
      a: 2,
      b: 2,
      c: "a=2",
      d: { e: [2] },
      f: 2,
      g: "${{ x }}",
    });
  });

  it("are read by other params through values that are expressions", async () => {
    const text = 'params: { a: { x: 5 }, b: "${{ params.a }}", c: "${{ params.b.x }}" }\n';
    expect(await params(text)).toMatchObject({ b: { x: 5 }, c: 5 });
  });

  it("keep their spelling in texts, and their value elsewhere", async () => {
    const text =
      'params: { a: 1.50, b: 1e21, c: 0x10, d: True, e: ~, f: -0, t: "${{ params.a }} ${{ params.b }} ${{ params.c }} ${{ params.d }} ${{ params.e }} ${{ params.f }}" }\n';
    expect(await params(text)).toEqual({
      ...{ a: 1.5, b: 1e21, c: 16, d: true, e: null, f: 0 },
      t: "1.50 1e21 0x10 True ~ -0",
    });
  });

  it("keep any spelling that YAML reads as a number, through lists, aliases and other params", async () => {
    const number = fc
      .tuple(fc.constantFrom("", "-", "+"), fc.nat(9999), fc.constantFrom("", ".0", ".50", ".", "e3", "E-2"))
      .map(([sign, digits, rest]) => `${sign}00${digits}${rest}`);
    await fc.assert(
      fc.asyncProperty(number, async spelling => {
        const text = `params: { a: &n ${spelling}, b: [*n, x], c: "\${{ params.b[0] }}", t: "=\${{ params.c }}", u: "=\${{ params.a }}" }\n`;
        expect(await params(text)).toMatchObject({
          a: Number(spelling) + 0,
          t: `=${spelling}`,
          u: `=${spelling}`,
        });
      }),
    );
  });

  describe("by --set", () => {
    const types =
      'params: { n: 0.7, s: none, z: "007", b: true, l: [0.1], w: [a], m: { k: 1 }, none: ~, e: "${{ params.s }}", open: {} }\n';

    it.each([
      ["n=0.5", { n: 0.5 }],
      ["n=1e-3", { n: 0.001 }],
      ["n=", undefined],
      ["n=abc", undefined],
      ["n=0.5 # half", undefined],
      ["n=true", undefined],
      ["n=.inf", undefined],
      ["n=9007199254740993", undefined],
      ["n=null", { n: null }],
      ["s=issue #12", { s: "issue #12" }],
      ["s=001", { s: "001" }],
      ["s= padded ", { s: " padded " }],
      ['s="quoted"', { s: '"quoted"' }],
      ["s=[1", { s: "[1" }],
      ["s=null", { s: "null" }],
      ["s=", { s: "" }],
      ["s=a: b", { s: "a: b" }],
      ["s=*x", { s: "*x" }],
      ["z=008", { z: "008" }],
      ["e=010", { e: "010" }],
      ["b=false", { b: false }],
      ["b=no", undefined],
      ["l=[0.2, 0.3]", { l: [0.2, 0.3] }],
      ["l=0.1,0.2", undefined],
      ["l=[a]", undefined],
      ["l=[1] [2]", undefined],
      ["w=[001, 1.10]", { w: ["001", "1.10"] }],
      ["m={ k: 2 }", { m: { k: 2 } }],
      ["m.k=x", undefined],
      ["none=1", { none: 1 }],
      ["none=issue #12", { none: "issue #12" }],
      ['none="1"', { none: "1" }],
      ["none=[1, {b: 2}]", { none: [1, { b: 2 }] }],
      ["open.x=1", { open: { x: 1 } }],
      ["s=caf\ufffd", undefined],
    ])("%s", async (set, value) => {
      if (value !== undefined) expect(await params(types, [set])).toMatchObject(value);
      else
        expect((await mistakes(types + STEPS, { sets: [set] }))[0]?.code).toMatch(/^(bad-set|param-type)$/);
    });

    it("teaches how a list is written, and shows where it is declared", async () => {
      const [first] = await mistakes(types + STEPS, { sets: ["l=0.1,0.2"] });
      expect(first?.hint).toBe("write `--set l='[0.1,0.2]'`");
      expect(first?.related?.[0]?.range?.start).toMatchObject({ line: 1 });
    });

    it.each(["a", "=1", "a b=1"])("%s is refused", text => {
      expect(() => parseSet(text)).toThrow();
    });
  });

  it("in a params file keep the declared type too", async () => {
    writeFileSync(join(folder.path, "types.yaml"), "s: 001\nl: [1.0]\n");
    const text = 'params: { s: "000", l: [0.5] }\n';
    expect(await params(text, [], ["types.yaml"])).toEqual({ s: "001", l: [1] });
    writeFileSync(join(folder.path, "types.yaml"), "s: x\nl: [x]\n");
    const [first] = await mistakes(text + STEPS, { cwd: folder.path, paramsFiles: ["types.yaml"] });
    expect(first).toMatchObject({ code: "param-type", file: "types.yaml" });
    expect(first?.range?.start).toMatchObject({ line: 2, column: 5 });
  });

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
