import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { briefText, changeText, differenceText } from "../../runner/cache/difference-text.js";
import { attributed, differences } from "../../runner/cache/differences.js";
import { fingerprintKey } from "../../runner/cache/fingerprint.js";
import type { JsonObject } from "../../runner/core/json.js";
import type { Fingerprint, FingerprintInput } from "../../runner/core/record.js";

/** As a person reads it: without what cannot be seen, blanks all alike. */
const seen = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/[\p{Cc}\p{Cf}\p{Mn}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();

/** Few values, so that they often collide: of the kinds that are easily taken for each other. */
const tricky = fc.constantFrom(
  ...[
    "",
    " ",
    "1",
    "1.0",
    "true",
    "null",
    "(none)",
    "(unset)",
    '"1"',
    "a",
    "a ",
    "a\nb",
    "a\\nb",
    "a b",
    "a  b",
  ],
  ...[
    "${{ inputs.r }}",
    "\u00e9",
    "e\u0301",
    "\u200b",
    `${"x".repeat(80)}1`,
    `${"x".repeat(80)}2`,
    "x".repeat(80),
  ],
);
const scalar = fc.oneof(tricky, fc.constantFrom(1, 0.1, true, false, null));
const options = fc.dictionary(
  fc.constantFrom("a", "a.b", "b"),
  fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b"), scalar, { maxKeys: 2 }),
  ),
  { maxKeys: 2 },
);
const part = fc.oneof(
  tricky.map(text => ({ text })),
  fc.constantFrom({ input: "r" }, { output: "o" }),
);
const command = fc.record({
  form: fc.constant("argv"),
  command: fc.array(fc.array(part, { minLength: 1, maxLength: 1 }), { minLength: 1, maxLength: 2 }),
  outputs: fc.constantFrom({ o: "o" }, { o: "p" }),
});
const input: fc.Arbitrary<FingerprintInput> = fc.record({
  role: fc.constantFrom("r", "s"),
  label: fc.constantFrom("", "seed=0", "seed=1"),
  source: fc.constantFrom("file" as const, "artifact" as const),
  path: fc.constantFrom("", "x", "y"),
  type: fc.constantFrom("file" as const, "executable" as const, "tree" as const),
  digest: fc.constantFrom("d1", "d2"),
});
const fingerprint: fc.Arbitrary<Fingerprint> = fc
  .oneof(fc.tuple(fc.constant("run"), command), fc.tuple(fc.constantFrom("k", "l"), options))
  .chain(([kind, given]) =>
    fc.record({
      kind: fc.constant(kind),
      code: fc.dictionary(fc.constantFrom("run.js", "constructor"), fc.constantFrom("c1", "c2")),
      with: fc.constant(given as JsonObject),
      inputs: fc.uniqueArray(input, { maxLength: 2, selector: ({ role, label }) => role + label }),
      env: fc.dictionary(fc.constantFrom("A", "constructor"), fc.oneof(tricky, fc.constant(null)), {
        maxKeys: 1,
      }),
      numeric: fc.constantFrom("", "cpu"),
    }),
  );

describe("the text of a change", () => {
  it("is one line of bounded length whose sides never read the same", () => {
    fc.assert(
      fc.property(
        fc.oneof(tricky, fc.string({ unit: "binary" })),
        fc.oneof(tricky, fc.string({ unit: "binary" })),
        (a, b) => {
          fc.pre(a !== b);
          const text = changeText(a, b);
          expect(text).not.toMatch(/\p{Cc}/u);
          expect(text.length).toBeLessThan(200);
          const at = text.indexOf(" -> ");
          if (text.indexOf(" -> ", at + 1) === -1)
            expect(seen(text.slice(0, at))).not.toBe(seen(text.slice(at + 4)));
        },
      ),
    );
  });

  it.each([
    ["0.1", "0.2", "0.1 -> 0.2"],
    ["1", '"1"', '1 (number) -> "1" (text)'],
    ["true", '"true"', 'true (true or false) -> "true" (text)'],
    ["a  b", "a b", '"a\\u{20}\\u{20}b" -> "a\\u{20}b"'],
    ["\u00e9", "e\u0301", '"\\u{e9}" -> "e\\u{301}"'],
    [
      `${"x".repeat(80)} --lr 1`,
      `${"x".repeat(80)} --lr 2`,
      `...${"x".repeat(14)} --lr 1 -> ...${"x".repeat(14)} --lr 2`,
    ],
  ])("of %j and %j", (a, b, text) => {
    expect(changeText(a, b)).toBe(text);
  });
});

describe("the differences of two fingerprints", () => {
  it("are some exactly where the keys differ, and each says on one line what is not the same", () => {
    fc.assert(
      fc.property(fingerprint, fingerprint, (past, now) => {
        const found = differences(past, now);
        expect(found.length > 0).toBe(fingerprintKey(past) !== fingerprintKey(now));
        for (const difference of found) {
          expect(differenceText(difference)).not.toMatch(/\p{Cc}/u);
          expect(difference.before).not.toBe(difference.after);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("name a change of form that leaves the words alone", () => {
    const base = { kind: "run", code: {}, inputs: [], env: {}, numeric: "" };
    const words = {
      ...base,
      with: { form: "argv", command: [[{ text: "ls" }], [{ text: "x" }]], outputs: {} },
    };
    const line = { ...base, with: { form: "shell", command: [[{ text: "ls x" }]], outputs: {} } };
    expect(differences(words, line).map(differenceText)).toEqual([
      "command form of run: a list of words -> a line for the shell",
    ]);
  });
});

describe("a difference that a param makes", () => {
  const of = (
    before: string,
    after: string,
    what: "command" | "parameter",
    past: JsonObject,
    now: JsonObject,
  ) => attributed([{ what, name: "n", before, after }], past, now).map(briefText)[0];

  it("is told by the param, old and new", () => {
    expect(of("0.7", "0.9", "parameter", { frac: 0.7 }, { frac: 0.9 })).toBe("params.frac 0.7 -> 0.9");
    expect(
      of("f --x '0.7' -q", "f --x '0.9' -q", "command", { m: { frac: 0.7 } }, { m: { frac: 0.9 } }),
    ).toBe("params.m.frac 0.7 -> 0.9");
    expect(of("f a.csv", "f b.csv", "command", { name: "a.csv" }, { name: "b.csv" })).toBe(
      'params.name "a.csv" -> "b.csv"',
    );
  });

  it("is not guessed: another value, two params of the same change, or more than the param", () => {
    expect(of("0.7", "0.8", "parameter", { frac: 0.7 }, { frac: 0.9 })).toBe("parameter n: 0.7 -> 0.8");
    expect(of("1", "2", "parameter", { a: 1, b: 1 }, { a: 2, b: 2 })).toBe("parameter n: 1 -> 2");
    expect(of("f 1 x", "f 2 y", "command", { a: 1 }, { a: 2 })).toBe("command n: f 1 x -> f 2 y");
  });
});
