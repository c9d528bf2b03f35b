import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import { readMetrics, type MetricsFormat } from "../../runner/core/metrics/metrics-file.js";
import { yamlTree } from "../../runner/core/metrics/yaml-tree.js";

const read = (text: string, format: MetricsFormat = "json") =>
  readMetrics(Buffer.from(text), format, yamlTree);

/** The rule, by the parsed value: every number by dotted name; of a list that is in no other, the last one of each name. */
function byRecursion(value: unknown, name = "", out: Record<string, number> = {}, inList = false) {
  if (typeof value === "number") out[name] = value;
  else if (Array.isArray(value)) {
    if (inList) return out;
    for (const item of value) if (!Array.isArray(item)) byRecursion(item, name, out, true);
  } else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      byRecursion(inner, name === "" ? key : `${name}.${key}`, out, inList);
  return out;
}

describe("the numbers of a metrics file", () => {
  it("are those of its mappings, by dotted name, however it is written", () => {
    const key = fc
      .string({ unit: "grapheme", maxLength: 4 })
      .filter(text => !text.includes(".") && text !== "");
    const text = fc.string({ unit: "binary" }).filter(given => !/^(NaN|-?Infinity)$/.test(given));
    const { value } = fc.letrec(tie => ({
      value: fc.oneof({ depthSize: "small" }, tie("scalar"), tie("list"), tie("mapping")),
      scalar: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        text,
        fc.boolean(),
        fc.constant(null),
      ),
      list: fc.array(tie("value"), { maxLength: 3 }),
      mapping: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { noNullPrototype: true }),
        fc.constantFrom(0, 1, "\t"),
        (given, indent) => {
          const json = JSON.stringify(given, undefined, indent);
          const expected = byRecursion(JSON.parse(json));
          expect(read(json).metrics).toEqual(expected);
          expect(read(stringify(given), "yaml").metrics).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    ['{"a.b": 1, "a": {"b": 2}}', '"a.b": 1 and 2'],
    ['{"x": 1, "y": 0, "x": 2}', '"x"'],
    ['{"a": {"x": 1}, "a": {"y": 2}}', '"a"'],
    ['{"x": 1, "\\u0078": "text"}', '"x"'],
  ])("clash in %s", (json, names) => {
    expect(read(json)).toMatchObject({ metrics: {}, clash: expect.stringContaining(names) });
  });

  it.each([
    ["1e400", Infinity, "is not a finite number"],
    ["9007199254740993", 9007199254740992, "beyond 2^53"],
    ["1e-400", 0, "would become 0"],
  ])("are kept as they become, with a remark: %s", (written, value, why) => {
    const { metrics, remarks } = read(`{"x": ${written}}`);
    expect(metrics).toEqual({ x: value });
    expect(remarks).toEqual([expect.stringContaining(why)]);
  });

  it("in lists are curves, and the last one is the metric; those in lists of lists are none", () => {
    const { metrics, curves, remarks } = read(
      `{"loss": [3, NaN, 1], "matrix": [[1, 2], [3]], "one": [5], "acc": 1, "empty": [], "words": ["a"],
        "log": [{"step": 10, "train": {"loss": 2}}, {"step": 20, "train": {"loss": 1}, "lists": [7]}, {"lr": 3}]}`,
    );
    expect(metrics).toEqual({ loss: 1, one: 5, acc: 1, "log.train.loss": 1, "log.lr": 3 });
    expect(curves).toEqual({
      loss: [
        [0, 3],
        [1, NaN],
        [2, 1],
      ],
      "log.train.loss": [
        [10, 2],
        [20, 1],
      ],
    });
    expect(remarks).toEqual(["numbers in lists of lists are no metrics: matrix (3), log.lists (1)"]);
  });

  it("of lines are curves by their step; progress is none, nor is a last line that is cut off", () => {
    const lines = ['{"step": 10, "loss": 3}', "", '{"progress": [1, 2]}', '{"step": 20, "loss": Infinity}'];
    const text = `${lines.join("\r\n")}\n{"acc": 0.5}\n{"acc": 0.75}\n{"final": "NaN"}\n`;
    const whole = read(text, "jsonl");
    expect(whole).toEqual({
      metrics: { loss: Infinity, acc: 0.75, final: NaN },
      curves: {
        loss: [
          [10, 3],
          [20, Infinity],
        ],
        acc: [
          [0, 0.5],
          [1, 0.75],
        ],
      },
      remarks: [],
    });
    expect(read(`${text}{"acc": 0.`, "jsonl")).toEqual({
      ...whole,
      remarks: ["the last line of the output metrics is cut off, and does not count"],
    });
    expect(read(`{"a": 1}\n{"a": \n{"a": 2}\n`, "jsonl").fault).toContain("its line 2 is not JSON");
    expect(read(`{"a": 1}\n7\n{"a": 2}\n`, "jsonl").fault).toContain("its line 2 is no mapping");
    expect(read(`{"a": 1, "a": 2}\n`, "jsonl").clash).toContain('"a"');
    const many = Array.from({ length: 10_001 }, (_, i) => `{"x": ${i}}\n`).join("");
    const { curves, metrics } = read(many, "jsonl");
    expect([metrics["x"], curves["x"]?.length, curves["x"]?.[0], curves["x"]?.at(-1)]).toEqual([
      10_000,
      2000,
      [0, 0],
      [10_000, 10_000],
    ]);
  });

  it("of YAML may be .nan and .inf; what YAML unfolds to is bounded", () => {
    expect(read("a: .nan\nb: -.inf\nc: {d: [1, .inf]}\ne: 1e3\nf: yes\n", "yaml")).toEqual({
      metrics: { a: NaN, b: -Infinity, "c.d": Infinity, e: 1000 },
      curves: {
        "c.d": [
          [0, 1],
          [1, Infinity],
        ],
      },
      remarks: [],
    });
    expect(read("a: 1\na: 2\n", "yaml").clash).toContain('"a"');
    expect(read("a: [1\n", "yaml").fault).toContain("it is not YAML");
    const bomb = [
      "a0: &a0 [1, 1]",
      ...Array.from({ length: 24 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ];
    expect(read(bomb.join("\n"), "yaml").fault).toContain("unfold");
    expect(read(`a: ${"[".repeat(300)}${"]".repeat(300)}`, "yaml").fault).toContain("deeper");
  });

  it.each([
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xfc, 0x22, 0x3a, 0x31, 0x7d]), "not JSON"],
    ["a number alone", Buffer.from("0.5"), "no mapping"],
    ["a list", Buffer.from("[1]"), "no mapping"],
    ["half of it", Buffer.from('{"a": 1'), "not JSON"],
    ["nothing", Buffer.from(""), "not JSON"],
  ])("are none in a file that is %s", (_, bytes, why) => {
    expect(readMetrics(bytes, "json", yamlTree)).toMatchObject({
      metrics: {},
      fault: expect.stringContaining(why),
    });
  });

  it("take NaN and the infinities, as words and as texts, after a mark of the byte order", () => {
    expect(read('\uFEFF{"a": NaN, "b": -Infinity, "c": "Infinity", "d": "nan"}').metrics).toEqual({
      a: NaN,
      b: -Infinity,
      c: Infinity,
    });
  });
});
