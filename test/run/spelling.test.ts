import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const SPELLINGS = ["1.10", "001", "1e-3", "+5", "0x1F", "1_000", "True", "~", "null", "-0", ".5"];

describe("the spelling of the file", () => {
  it("reaches programs in words, labels, variables and texts", async () => {
    const list = SPELLINGS.join(", ");
    const p = new Project({
      "p.yaml": `
params: { list: [${list.replace(", null", "")}], one: &one 1.10, nested: { of: *one }, table: { "1.10": ten, "2.0": two } }
steps:
  words: { run: [sh, -c, 'echo "$@" > "$0"', "\${{ outputs.o }}", ${list}], outputs: { o: o } }
  json: { run: [sh, -c, 'echo "$@" > "$0"', "\${{ outputs.o }}", "\${{ params.list }}"], outputs: { o: o } }
  env: { run: 'echo "$A $B" > \${{ outputs.o }}', env: { A: 1.10, B: "v\${{ params.nested.of }}" }, outputs: { o: o } }
  text: { run: 'echo \${{ params.one }} \${{ params.nested.of }} > \${{ outputs.o }}', outputs: { o: o } }
  axis: { run: 'echo \${{ params.table[matrix.py] }}-\${{ matrix.py }} > \${{ outputs.o }}', matrix: { py: [1.10, 2.0] }, outputs: { o: o.txt } }
  all: { run: 'ls \${{ inputs.a }} > \${{ outputs.o }}', over: [py], inputs: { a: axis }, outputs: { o: o } }
`,
    });
    await p.run();
    const output = async (id: string): Promise<string> => (await p.output(id, "o")).trim();
    expect(await output("words")).toBe(SPELLINGS.join(" "));
    // As JSON a list holds values.
    expect(await output("json")).toBe('[1.1,1,0.001,5,31,"1_000",true,null,0,0.5]');
    expect(await output("env")).toBe("1.10 v1.10");
    expect(await output("text")).toBe("1.10 1.10");
    expect(await output("axis[py=1.10]")).toBe("ten-1.10");
    expect(await output("axis[py=2.0]")).toBe("two-2.0");
    expect(await output("all")).toBe("py=1.10.txt\npy=2.0.txt");
  });

  it("is no part of the value that a kind gets", async () => {
    const p = new Project({
      "look.js": `
import { writeFileSync } from "node:fs";
import { defineStep } from "vistas";
export default defineStep({
  kind: "look", summary: "says what it gets", with: { type: "object", properties: { rate: {}, lr: {}, on: {}, text: {} } }, inputs: { all: { doc: "", optional: true } }, outputs: ["text"],
  run: ctx => writeFileSync(ctx.outputs.text, JSON.stringify([ctx.with, (ctx.gathered.all ?? []).map(g => g.labels)])),
});`,
      "p.yaml": `
plugins: [./look.js]
params: { rate: 1e-3 }
steps:
  one: { uses: look, with: { rate: "\${{ params.rate }}", lr: "\${{ matrix.lr }}", on: True, text: "\${{ matrix.lr }}!" }, matrix: { lr: [1e-4, 1.0] } }
  all: { uses: look, inputs: { all: one }, over: [lr] }
`,
    });
    await p.run();
    expect(await p.output("one[lr=1e-4]", "text")).toBe(
      '[{"rate":0.001,"lr":0.0001,"on":true,"text":"1e-4!"},[]]',
    );
    expect(await p.output("all", "text")).toBe('[{},[{"lr":0.0001},{"lr":1}]]');
    // Another spelling is another label, but the same option where no text is made of it.
    p.write("p.yaml", p.read("p.yaml").replace("1e-3", "0.001"));
    expect(Object.values(await p.run())).toEqual(["cached", "cached", "cached"]);
  });

  it("names an instance, and no other spelling does", async () => {
    const p = new Project({
      "p.yaml":
        "steps:\n  e: { run: 'echo ${{ matrix.lr }} > ${{ outputs.o }}', matrix: { lr: [1e-4, 1.0] }, outputs: { o: o } }\n",
    });
    expect(await p.run(["e[lr=1e-4]"])).toEqual({ "e[lr=1e-4]": "ran" });
    const { code, stderr } = await p.vistas(["run", "p.yaml", "e[lr=1]"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("`e[lr=1.0]`")]);
  });
});

describe("a variable", () => {
  const text = (env: string, more = ""): string =>
    `steps:\n  e: { run: 'printf %s "$CUDA_VISIBLE_DEVICES" > \${{ outputs.o }}', env: ${env}, outputs: { o: o }${more} }\n`;

  it("that is declared with a value reaches the program with it, or is refused beside a lease", async () => {
    const p = new Project({ "p.yaml": text('{ CUDA_VISIBLE_DEVICES: "3" }') });
    await p.run();
    expect(await p.output("e", "o")).toBe("3");
    p.write("p.yaml", text('{ CUDA_VISIBLE_DEVICES: "3" }', ", resources: { gpus: 1 }"));
    const { code, stderr } = await p.vistas(["validate", "p.yaml"], { env: { VISTAS_GPUS: "0" } });
    expect([code, stderr]).toEqual([2, expect.stringContaining("wrong-value")]);
  });

  it("whose value was not UTF-8 is refused before anything runs", async () => {
    const p = new Project({ "p.yaml": text("[NAME]") });
    const { code, stderr } = await p.vistas(["run", "p.yaml"], { env: { NAME: "caf\ufffd" } });
    expect([code, stderr]).toEqual([2, expect.stringContaining("error[not-utf8]")]);
  });
});

it("two numbers under one dotted name fail the step, by name", async () => {
  const p = new Project({
    "p.yaml": `steps:\n  m: { run: "echo '{\\"a.b\\": 1, \\"a\\": {\\"b\\": 2}}' > \${{ outputs.metrics }}", outputs: { metrics: m.json } }\n`,
  });
  const { ends } = await p.runEvents([], { code: 1 });
  expect(ends[0]?.error).toContain('two values under the one name "a.b": 1 and 2');
});
