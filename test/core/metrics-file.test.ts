import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readMetrics } from "../../runner/core/numbers/metrics-file.js";

const read = (text: string) => readMetrics(Buffer.from(text));

/** The rule, by the parsed value: every number outside of lists, by dotted name. */
function byRecursion(value: unknown, name = "", out: Record<string, number> = {}): Record<string, number> {
  if (typeof value === "number") out[name] = value;
  else if (typeof value === "object" && value !== null && !Array.isArray(value))
    for (const [key, inner] of Object.entries(value))
      byRecursion(inner, name === "" ? key : `${name}.${key}`, out);
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
          expect(read(json).metrics).toEqual(byRecursion(JSON.parse(json)));
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

  it("in lists are none, with a remark that names the lists", () => {
    const { metrics, remarks } = read(
      '{"loss": [0.1, {"deep": [2]}], "acc": 1, "empty": [], "words": ["a"]}',
    );
    expect(metrics).toEqual({ acc: 1 });
    expect(remarks).toEqual(["numbers in lists are no metrics: loss (2)"]);
  });

  it.each([
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xfc, 0x22, 0x3a, 0x31, 0x7d]), "not JSON"],
    ["a number alone", Buffer.from("0.5"), "no mapping"],
    ["a list", Buffer.from("[1]"), "no mapping"],
    ["half of it", Buffer.from('{"a": 1'), "not JSON"],
    ["nothing", Buffer.from(""), "not JSON"],
  ])("are none in a file that is %s", (_, bytes, why) => {
    expect(readMetrics(bytes)).toMatchObject({ metrics: {}, fault: expect.stringContaining(why) });
  });

  it("take NaN and the infinities, as words and as texts, after a mark of the byte order", () => {
    expect(read('\uFEFF{"a": NaN, "b": -Infinity, "c": "Infinity", "d": "nan"}').metrics).toEqual({
      a: NaN,
      b: -Infinity,
      c: Infinity,
    });
  });
});
