import { afterAll, describe, expect, it } from "@jest/globals";
import { execaSync } from "execa";
import { kindOf } from "../../runner/pipeline/kinds/kind-of.js";
import type { GraphNode } from "../../runner/pipeline/graph/graph.js";
import { folderOf } from "./support.js";

const folder = folderOf({
  "package.json": '{ "type": "module" }',
  "kinds/blur.js": `import { helper } from "./helper.js";
    export default helper({
    kind: "blur", summary: "Blurs.",
    with: { properties: { radius: { type: "number", default: 2 } } },
    inputs: { images: "Images.", mask: { doc: "Where.", optional: true } },
    outputs: ["blurred"],
    run() {},
  });`,
  "kinds/helper.js": `import { defineStep } from "vistas"; export const helper = defineStep;`,
  "kinds/again.js": `export { default } from "./blur.js";`,
  "kinds/broken.js": "export default {",
  "kinds/throws.js": "throw new Error('at once');",
  "kinds/shapeless.js": "export default { kind: 'x' };",
  "kinds/empty.js": "",
  "kinds/twice.js": "export default { kind: 'make-data', summary: 's', with: {}, outputs: ['o'], run() {} };",
  "kinds/schema.js":
    "export default { kind: 'odd', summary: 's', with: { tpye: 'object' }, outputs: ['o'], run() {} };",
});
afterAll(folder.remove);

/** What a process of its own makes of each pipeline: jest's module loader has no room for the hooks of plug-ins. */
function loadAll(
  texts: readonly string[],
): { codes?: string[]; hints?: string[]; messages?: string[]; nodes?: GraphNode[]; kinds?: string[] }[] {
  const script = `
    import { load } from ${JSON.stringify(new URL("support.js", import.meta.url).href)};
    const out = [];
    for (const text of JSON.parse(process.argv[1])) {
      try {
        const { graph, kinds } = await load(text, { cwd: process.cwd() });
        out.push({ nodes: graph.nodes, kinds: await Promise.all(kinds.names.map(async n => [n, (await kinds.get(n)).plugin].join())) });
      } catch (error) {
        const found = error.diagnostics ?? [{ code: String(error.stack) }];
        out.push({ codes: found.map(d => [d.code, d.range?.start.line, d.range?.start.column].join(":")), hints: found.map(d => d.hint), messages: found.map(d => d.message) });
      }
    }
    console.log(JSON.stringify(out));`;
  const args = ["--input-type=module", "--eval", script, "--", JSON.stringify(texts)];
  const { stdout } = execaSync(process.execPath, args, { cwd: folder.path });
  return JSON.parse(stdout) as ReturnType<typeof loadAll>;
}

const blur =
  "plugins: [./kinds/blur.js]\nsteps:\n  d: { uses: make-data }\n  b: { uses: blur, inputs: { images: d.images } }\n";
const plain = (plugins: string) => `plugins: ${plugins}\nsteps: { a: { run: [x] } }\n`;

describe("plugins", () => {
  const refused = ["broken", "throws", "shapeless", "empty", "schema"].map(name =>
    plain(`[./kinds/${name}.js]`),
  );
  const [good, typo, twice, both, after, ...bad] = loadAll([
    blur,
    blur.replace("uses: blur,", "uses: blur, with: { raduis: 3 },"),
    plain("[./kinds/twice.js]"),
    plain("[./kinds/blur.js, ./kinds/again.js]"),
    "plugins: [./kinds/broken.js]\nsteps:\n  a: { uses: blur }\n  b: { uses: make-dta }\n",
    ...refused,
  ]);

  it("declare kinds beside the built-in ones, with vistas at hand", () => {
    expect(good?.nodes?.map(node => node.work)[1]).toEqual({
      type: "kind",
      kind: "blur",
      with: { radius: 2 },
    });
    expect(good?.kinds).toEqual(["make-data,false", "train-model,false", "blur,true"]);
  });

  it("have closed options unless they say otherwise", () => {
    expect(typo).toMatchObject({ codes: ["unknown-key:4:28"], hints: ["did you mean `radius`?"] });
  });

  it("may not declare a kind that there is", () => {
    expect(twice?.codes).toEqual(["duplicate-kind:1:11"]);
    expect(both?.codes).toEqual(["duplicate-kind:1:28"]);
  });

  it("that cannot be used are pointed at in the list", () => {
    expect(bad.map(found => found.codes)).toEqual(refused.map(() => ["bad-plugin:1:11"]));
    const places = bad.map(({ messages }) => messages?.[0]?.split(": ")[0]);
    expect(places[0]).toBe("`./kinds/broken.js:1:17`");
    expect(places[1]).toBe("`./kinds/throws.js:1:7`");
  });

  it("do not make a mistake of each step that uses a kind of theirs, but of a misspelt one", () => {
    expect(after?.codes).toEqual(["bad-plugin:1:11", "unknown-kind:4:14"]);
  });
});

describe("a kind's definition", () => {
  const base = { kind: "k", summary: "s", with: {}, outputs: ["o"], run: () => undefined };

  it("is brought into one form", () => {
    const outputs = { o: { doc: "d", path: "x/o.npy" } };
    expect(kindOf({ ...base, inputs: ["b", "a"], outputs }, "/m.js", true)).toEqual({
      ...{ kind: "k", summary: "s", numeric: false, effort: [], module: "/m.js", plugin: true, outputs },
      with: { type: "object", additionalProperties: false },
      inputs: {
        a: { doc: "", optional: false, accepts: [] },
        b: { doc: "", optional: false, accepts: [] },
      },
    });
  });

  it("with conditions is closed over what they declare", () => {
    const closed = (schema: object) => kindOf({ ...base, with: schema }, "", true).with;
    const conditional = { if: {}, then: { properties: { a: {} } } };
    expect(closed(conditional)).toEqual({ type: "object", ...conditional, unevaluatedProperties: false });
    expect(closed({ additionalProperties: true })).toEqual({ type: "object", additionalProperties: true });
  });

  it.each([
    ["nothing", undefined],
    ["no kind", { ...base, kind: undefined }],
    ["no output", { ...base, outputs: [] }],
    ["an output that leaves its folder", { ...base, outputs: { o: { doc: "", path: "../o" } } }],
    ["an effort that lists no names", { ...base, effort: "updates" }],
    ["a role that is no name", { ...base, inputs: ["a b"] }],
  ])("with %s is refused", (_title, definition) => {
    expect(() => kindOf(definition, "", true)).toThrow(TypeError);
  });
});
