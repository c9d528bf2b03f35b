import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Expression, Fault } from "../../runner/claims/language/ast.js";
import { evaluateNumber, evaluateTruth, type Lookup } from "../../runner/claims/language/evaluate.js";
import type { Field } from "../../runner/claims/language/field.js";
import { inferShape } from "../../runner/claims/language/infer.js";
import { parseExpression } from "../../runner/claims/language/parse.js";
import { Unanswerable } from "../../runner/claims/statistics/answer.js";

/** Values along `seed`: the numbers in the order of the seeds 0, 1, 2, ... */
const along = (axis: string, values: readonly number[]): Field<number> => ({
  axes: [axis],
  cells: values.map((value, i) => ({ labels: { [axis]: i }, value })),
});
const fields: Readonly<Record<string, Field<number>>> = {
  "probe-a.accuracy": along("seed", [0.84, 0.86, 0.85]),
  "probe-b.accuracy": along("seed", [0.83, 0.86, 0.87]),
  "short.accuracy": along("seed", [0.8, 0.9]),
  "sweep.x": {
    axes: ["seed", "sigma"],
    cells: [0, 1].flatMap(seed =>
      [0.1, 0.3].map(sigma => ({ labels: { seed, sigma }, value: seed + 10 * sigma })),
    ),
  },
  "one.loss": { axes: [], cells: [{ labels: {}, value: 2 }] },
  "one.zero": { axes: [], cells: [{ labels: {}, value: 0 }] },
  "one.a.b": { axes: [], cells: [{ labels: {}, value: 7 }] },
  'one."top-1 %"': { axes: [], cells: [{ labels: {}, value: 9 }] },
};
const lookup: Lookup = ({ source }) => {
  const field = fields[source];
  if (field === undefined) throw new Unanswerable(`no ${source}`);
  return field;
};

function parse(text: string): Expression {
  const parsed = parseExpression(text);
  if ("fault" in parsed) throw new Error(`${parsed.fault.message} at ${parsed.fault.span.start}`);
  return parsed.expression;
}
const truth = (text: string): boolean => evaluateTruth(parse(text), lookup).cells.every(cell => cell.value);
const number = (text: string): number[] => evaluateNumber(parse(text), lookup).cells.map(cell => cell.value);

function faults(text: string): string[] {
  const parsed = parseExpression(text);
  if ("fault" in parsed) return [place(parsed.fault)];
  const told: Fault[] = [];
  inferShape(
    parsed.expression,
    ({ source }) => fields[source]?.axes,
    fault => told.push(fault),
  );
  return told.map(place);
}
const place = ({ message, span }: Fault): string => `${span.start}-${span.end} ${message}`;

describe("values", () => {
  it.each([
    ["1 + 2 * 3 - 4 / 2", [5]],
    ["-(1 - 3) * -2", [-4]],
    ["2 - -1", [3]],
    ["5%", [0.05]],
    ["1.5e2", [150]],
    ["one.a.b", [7]],
    ['one."top-1 %"', [9]],
    ["mean(probe-a.accuracy)", [0.85]],
    ["n(probe-a.accuracy)", [3]],
    ["median(short.accuracy)", [0.8500000000000001]],
    ["min(probe-a.accuracy) + max(probe-a.accuracy)", [1.7]],
    ["abs(one.zero - one.loss)", [2]],
    ["mean(sweep.x, seed)", [1.5, 3.5]],
    ["mean(sweep.x, seed, sigma)", [2.5]],
    ["probe-a.accuracy * one.loss", [1.68, 1.72, 1.7]],
  ])("%s", (text, expected) => {
    number(text).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 12));
  });

  it("pairs by label, not by order", () => {
    const turned = { ...along("seed", [1, 2, 3]), cells: [...along("seed", [1, 2, 3]).cells].reverse() };
    const of: Lookup = ({ step }) => (step === "a" ? along("seed", [1, 2, 3]) : turned);
    expect(evaluateNumber(parse("a.x - b.x"), of).cells.map(cell => cell.value)).toEqual([0, 0, 0]);
  });
});

describe("truth", () => {
  it.each([
    ["one.loss > 1", true],
    ["1 < one.loss <= 2", true],
    ["1 < one.loss < 2", false],
    ["one.loss == 2 and not one.loss != 2", true],
    ["one.loss < 0 or one.loss > 0", true],
    ["not one.loss < 0 or one.loss < 0", true],
    ["probe-a.accuracy > 0.83", true],
    ["probe-a.accuracy > 0.84", false],
    ["any(probe-a.accuracy > 0.84)", true],
    ["all(probe-a.accuracy >= probe-b.accuracy)", false],
    ["ci(probe-a.accuracy) > 0.82", true],
    ["ci(probe-a.accuracy) > 0.83", false],
    ["ci(probe-a.accuracy, 80%) > 0.83", true],
    ["-0.1 < ci(probe-a.accuracy - probe-b.accuracy) < 0.1", true],
    ["mean(sweep.x, seed) > 1", true],
    ["n(probe-a.accuracy) == 3", true],
  ])("%s is %s", (text, expected) => {
    expect(truth(text)).toBe(expected);
  });
});

describe("no answer", () => {
  it.each([
    ["a missing seed", "probe-a.accuracy > short.accuracy"],
    ["a missing seed on the other side", "short.accuracy > probe-a.accuracy"],
    ["division by zero", "one.loss / one.zero > 1"],
    ["0 / 0", "one.zero / one.zero > 1"],
    ["an unknown metric", "one.nothing > 1"],
    ["behind an `or` that already holds", "one.loss > 0 or one.nothing > 1"],
    ["behind an `and` that already fails", "one.loss < 0 and one.nothing > 1"],
  ])("%s", (_, text) => {
    expect(() => truth(text)).toThrow(Unanswerable);
  });
});

describe("mistakes, with their place", () => {
  it.each([
    ["", "0-0 a value is missing at the end"],
    ["one.loss >", "10-10 a value is missing at the end"],
    ["> 1", "0-1 a value is missing before this"],
    ["(1 < 2", "0-1 this bracket is not closed"],
    ["1 < 2)", "5-6 this does not belong here"],
    ["one.loss one.zero", "9-17 an operator is missing before this"],
    ["one.loss = 1", "9-10 `=` means nothing here"],
    ["one.loss && 1", "9-10 `&` means nothing here"],
    ["meen(one.loss) > 1", "0-4 there is no function `meen`"],
    ["one > 1", "0-3 `one` is not a value"],
    ["probe[seed].x > 1", "6-10 labels in brackets are `axis=value`"],
    ["ci(probe-a.accuracy, 95) > 1", "21-23 a confidence lies between 0 and 1"],
    ["mean(probe-a.accuracy, 3) > 1", "23-24 not the name of an axis"],
    [`${"(".repeat(60)}1${")".repeat(60)}`, "50-51 brackets are nested deeper than 50"],
    ["one.loss + (1 < 2)", "11-18 this is true or false, not a number"],
    ["one.loss and 1 < 2", "0-8 this is a number, not true or false"],
    ["ci(probe-a.accuracy) - 1 > 0", "0-20 this is an interval, not a number"],
    ["ci(probe-a.accuracy) > ci(probe-b.accuracy)", "0-43 two intervals are not compared"],
    ["mean(one.loss) > 1", "5-13 this is one value: there is nothing for `mean` to take together"],
    ["mean(sweep.x) > 1", "0-13 this has values along seed and sigma: name those to take together"],
    ["mean(sweep.x, fold) > 1", "14-18 there is no axis `fold` here"],
    [
      "mean(sweep.x, seed) > probe-a.accuracy",
      "0-38 one side has values along sigma, the other along seed: they cannot be paired",
    ],
  ])("%s", (text, expected) => {
    expect(faults(text)).toEqual([expected]);
  });

  it("a minus sign without blanks belongs to the name", () => {
    expect(() => truth("one.loss-1 > 0")).toThrow(/no one.loss-1/);
  });
});

describe("any text", () => {
  const words = [
    "mean(",
    "ci(",
    ")",
    "(",
    "a.b",
    "a[s=1].b",
    "and",
    "or",
    "not",
    "<",
    ">=",
    "-",
    "*",
    ",",
    "1",
    "%",
    '"',
  ];
  it("gives an expression or one mistake within it, and never throws", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 60, unit: "grapheme" }),
      fc.array(fc.constantFrom(...words), { maxLength: 40 }).map(list => list.join(" ")),
      fc.constantFrom("(", "-", "not ", "mean(", "a.b<", "1+").map(one => one.repeat(1999 / one.length)),
    );
    fc.assert(
      fc.property(text, given => {
        const parsed = parseExpression(given);
        if ("expression" in parsed) {
          inferShape(
            parsed.expression,
            () => ["s"],
            () => undefined,
          );
          return true;
        }
        const { start, end } = parsed.fault.span;
        return start >= 0 && start <= end && end <= given.length;
      }),
      { numRuns: 500 },
    );
  });

  it("means what its brackets say", () => {
    type Tree = { text: string; value: number };
    const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.integer({ min: 0, max: 99 }).map(value => ({ text: String(value), value })),
        fc.tuple(tie("tree"), fc.constantFrom("+", "-", "*"), tie("tree")).map(([a, operator, b]) => ({
          text: `(${a.text}${operator}${b.text})`,
          value:
            operator === "+" ? a.value + b.value : operator === "-" ? a.value - b.value : a.value * b.value,
        })),
        tie("tree").map(a => ({ text: `-${a.text}`, value: -a.value })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        fc.pre(Math.abs(value) < Number.MAX_SAFE_INTEGER);
        expect(number(text)[0]).toBeCloseTo(value, 6);
      }),
    );
  });
});
