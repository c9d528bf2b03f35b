import { describe, expect, it } from "@jest/globals";
import { kindOf } from "../../runner/pipeline/kinds/kind-of.js";
import type { Kinds } from "../../runner/pipeline/schema/kinds.js";
import { defineStep, type StepDefinition } from "../../runner/step-api.js";
import { brief, load, mistakes } from "./support.js";

const run = (): void => undefined;
const base = { summary: "s", with: {}, run };
const definitions = [
  defineStep({
    ...base,
    kind: "fetch",
    outputs: { train: { doc: "", type: "images" }, test: { doc: "", type: "images" } },
  }),
  defineStep({
    ...base,
    kind: "train",
    inputs: {
      images: { doc: "", accepts: "images", optional: true },
      views: { doc: "", accepts: ["views"], optional: true },
    },
    outputs: { encoder: { doc: "", type: "encoder" } },
  }),
  defineStep({
    ...base,
    kind: "probe",
    inputs: {
      encoder: { doc: "", accepts: ["encoder", "classifier"] },
      test: { doc: "", accepts: "images", optional: true },
    },
    outputs: { report: { doc: "", type: "report" } },
  }),
  defineStep({ ...base, kind: "untyped", inputs: ["anything"], outputs: ["thing"] }),
];
const byName = new Map(definitions.map(each => [each.kind, kindOf(each, `/${each.kind}.js`, false)]));
const kinds: Kinds = { names: [...byName.keys()], get: name => Promise.resolve(byName.get(name)) };

const steps = (...lines: readonly string[]): string =>
  ["steps:", ...lines.map(line => `  ${line}`)].join("\n");

describe("an output of a type that the role does not accept", () => {
  it("is a mistake at its place, which names what would fit", async () => {
    const text = steps(
      "data: { uses: fetch }",
      "a: { uses: train, inputs: { images: data.train } }",
      "b: { uses: probe, inputs: { encoder: data.test } }",
    );
    const [mistake, ...others] = await mistakes(text, { kinds });
    expect(others).toEqual([]);
    expect(mistake && brief(mistake)).toBe("artifact-type 4:40");
    expect(mistake?.message).toBe(
      "the input `encoder` of `probe` takes `encoder` or `classifier`, and `data.test` is of the type `images`",
    );
    expect(mistake?.hint).toBe("`a` would fit; the input `test` takes `images`");
  });

  it("is one in a gathered role as well", async () => {
    const text = steps(
      "data: { uses: fetch }",
      'a: { uses: untyped, inputs: { anything: data.train }, matrix: { seed: [0, 1] }, env: { S: "${{ matrix.seed }}" } }',
      'b: { uses: train, inputs: { images: data.test }, matrix: { seed: [0, 1] }, env: { S: "${{ matrix.seed }}" } }',
      "c: { uses: probe, inputs: { encoder: a, test: b }, over: [seed] }",
    );
    const found = await mistakes(text, { kinds });
    expect(found.map(brief)).toEqual(["artifact-type 5:49"]);
    expect(found[0]?.hint).toBe("`data.test` or `data.train` would fit; the input `encoder` takes `encoder`");
  });

  it("is not answered with an output that would close a circle", async () => {
    const text = steps(
      "data: { uses: fetch }",
      "a: { uses: train, inputs: { views: data.train } }",
      "b: { uses: probe, inputs: { encoder: data.train } }",
      "c: { uses: untyped, inputs: { anything: b } }",
    );
    const found = await mistakes(text, { kinds });
    expect(found.map(({ hint }) => hint)).toEqual([
      "no other step here makes `views`; the input `images` takes `images`",
      "`a` would fit; the input `test` takes `images`",
    ]);
  });
});

it("what has no type fits everywhere: outputs of programs, files and kinds that do not say", async () => {
  const text = steps(
    'program: { run: "x > ${{ outputs.o }}", outputs: { o: o } }',
    "thing: { uses: untyped, inputs: { anything: program } }",
    "a: { uses: probe, inputs: { encoder: thing, test: program } }",
    "b: { uses: probe, inputs: { encoder: program, test: /dev } }",
    "c: { uses: untyped, inputs: { anything: a } }",
  );
  expect((await load(text, { kinds })).graph.nodes).toHaveLength(5);
});

describe("a definition with a type that cannot be one", () => {
  it.each([
    [{ outputs: { o: { doc: "", type: "Big Table" } } }, "`type` of the output `o`"],
    [{ outputs: { o: { doc: "", type: ["a", "b"] } } }, "the output `o` has more than one `type`"],
    [{ inputs: { i: { doc: "", accepts: [1] } }, outputs: { o: { doc: "" } } }, "`accepts` of the input `i`"],
  ])("is refused: %j", (part, words) => {
    const definition = { ...base, kind: "odd", ...part } as unknown as StepDefinition;
    expect(() => kindOf(definition, "/odd.js", true)).toThrow(words);
  });
});
