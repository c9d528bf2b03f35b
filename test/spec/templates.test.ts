import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import { brief, load, mistakes } from "./support.js";

const briefly = async (text: string): Promise<string[]> => (await mistakes(text)).map(brief);

describe("a step that extends a template", () => {
  it("is the step written out: mappings merge deeply and the step wins, lists and scalars replace", async () => {
    const { graph } = await load(`params: { rate: 1 }
templates:
  any: { resources: { cpus: 2, memory: 4GB }, retries: 1 }
  model:
    extends: any
    uses: train-model
    with: { rate: "\${{ params.rate }}", transform: { kind: gaussian, sigma: 1 } }
    resources: { memory: 1GB }
steps:
  data: { extends: any, uses: make-data, with: { count: "\${{ matrix.n }}" }, matrix: { n: [1, 2] } }
  a: { extends: model, inputs: { data: data.images }, with: { seed: 3, transform: { sigma: 2 } } }
`);
    expect(graph.nodes.at(-1)).toMatchObject({
      id: "a[n=2]",
      work: { with: { rate: 1, seed: 3, transform: { kind: "gaussian", sigma: 2 } } },
      resources: { cpus: 2, memory: 1e9 },
      retries: 1,
      at: ["steps", "a"],
    });
    expect(Object.keys(graph.byId)).not.toContain("model");
  });

  it("equals the step written out, whatever is merged", async () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom("x", "y"), fc.constant([1, 2]));
    const tree = fc.letrec<{ map: Record<string, unknown> }>(tie => ({
      map: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.oneof(value, tie("map")), { maxKeys: 3 }),
    })).map;
    const isMap = (v: unknown): v is Record<string, unknown> =>
      typeof v === "object" && v !== null && !Array.isArray(v);
    const merged = (base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> =>
      Object.entries(over).reduce<Record<string, unknown>>((out, [key, item]) => {
        const under = out[key];
        return { ...out, [key]: isMap(under) && isMap(item) ? merged(under, item) : item };
      }, base);
    await fc.assert(
      fc.asyncProperty(tree, tree, tree, async (low, high, own) => {
        const step = (files: object, more: object = {}) => ({
          ...more,
          files: { "f.json": { z: 1, ...files } },
        });
        const run = { run: ["x"] };
        const composed = stringify({
          templates: { low: step(low, run), high: step(high, { extends: "low" }) },
          steps: { a: step(own, { extends: "high" }) },
        });
        const plain = stringify({ steps: { a: step(merged(merged(low, high), own), run) } });
        expect((await load(composed)).graph.nodes).toEqual((await load(plain)).graph.nodes);
      }),
      { numRuns: 50 },
    );
  });

  it("has a mistake in the template reported there, once, with the first step that has it", async () => {
    const found = await mistakes(`templates:
  base:
    outputs: { o: o.txt }
    timeout: 5x
    env: { A: "\${{ params.none }}" }
steps:
  a: { extends: base, run: [x] }
  b: { extends: base, run: [x] }
  c: { extends: base, run: [x], timeout: 6x, env: { B: "\${{ matrix.none }}" } }
`);
    expect(found.map(brief)).toEqual([
      "wrong-value 4:14",
      "unknown-name 5:27",
      "wrong-value 9:42",
      "unknown-name 9:68",
    ]);
    expect(found[1]?.related).toMatchObject([{ message: "`a` extends it", range: { start: { line: 7 } } }]);
  });

  it("must extend one that there is, without a circle", async () => {
    const text = `templates:
  one: { extends: two }
  two: { extends: one }
  three: { extends: none }
  four: 4
  base: { outputs: { o: o.txt } }
steps:
  a: { extends: one }
  b: { extends: three }
  c: { extends: basse }
  d: { extends: four, run: [x] }
  e: { extends: base }
  f: { extends: [base], run: [x] }
`;
    expect(await briefly(text)).toEqual([
      "template-cycle 3:19",
      "unknown-template 4:21",
      "wrong-type 5:9",
      "unknown-template 10:17",
      "missing-key 12:3",
      "wrong-type 13:17",
    ]);
    expect(await briefly("steps: { a: { extends: x, run: [x] } }\n")).toEqual(["unknown-template 1:24"]);
  });

  it("warns of a template that no step extends", async () => {
    const { warnings } = await load("templates: { a: { anything: 1 } }\nsteps: { b: { run: [x] } }\n");
    expect((await warnings()).map(brief)).toEqual(["unused-template 1:14"]);
  });
});
