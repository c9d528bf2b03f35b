import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const KIND = `import { defineStep } from "vistas";
import { shout } from "./shout.js";

export default defineStep({
  kind: "greet",
  summary: "says hello",
  with: { type: "object", additionalProperties: false, required: ["name"], properties: { name: { type: "string" }, times: { type: "integer", default: 2 } } },
  inputs: { extra: { doc: "a file", optional: true } },
  outputs: ["text"],
  async run(ctx) {
    const { writeFileSync, readFileSync } = await import("node:fs");
    ctx.progress(1, 2, "half");
    ctx.metric("loss", 2, 1);
    ctx.metric("loss", 1, 2);
    ctx.log("a line");
    const draw = ctx.random("draws").at(3).uint32();
    const part = await ctx.part({ shard: 0 }, path => writeFileSync(path, "part " + Math.floor(performance.timeOrigin)));
    const extra = ctx.inputs.extra === undefined ? "" : readFileSync(ctx.inputs.extra, "utf8");
    writeFileSync(ctx.outputs.text, [shout(ctx.with.name).repeat(ctx.with.times), draw, extra, readFileSync(part, "utf8")].join("|"));
  },
});
`;
const PIPELINE = `
plugins: [./kinds/greet.js]
params: { name: ann }
steps:
  greet: { uses: greet, with: { name: "\${{ params.name }}" } }
`;
const project = (): Project =>
  new Project({
    "p.yaml": PIPELINE,
    "kinds/greet.js": KIND,
    "kinds/shout.js": "// loud\nexport const shout = text => text.toUpperCase();\n",
  });

describe("a plug-in kind", () => {
  it("runs, tells metrics, and keeps parts between runs", async () => {
    const p = project();
    const { ends } = await p.runEvents();
    expect(ends[0]).toMatchObject({ outcome: "ran", metrics: { loss: 1 } });
    const [words, draw, extra, part] = (await p.output("greet", "text")).split("|");
    expect([words, extra]).toEqual(["ANNANN", ""]);
    await p.run(["--set", "name=bob"]);
    const [otherWords, otherDraw, , otherPart] = (await p.output("greet", "text")).split("|");
    expect(otherWords).toBe("BOBBOB");
    expect([otherDraw, otherPart]).toEqual([draw, part]);
  });

  it.each([
    ["its own code", "kinds/greet.js", (text: string) => text.replace('"half"', '"mid"'), "ran"],
    [
      "code that it imports",
      "kinds/shout.js",
      (text: string) => text.replace("toUpperCase", "toLowerCase"),
      "ran",
    ],
    ["a comment", "kinds/shout.js", (text: string) => text.replace("// loud", "/* quiet */\n\n"), "cached"],
    ["layout", "kinds/greet.js", (text: string) => text.replaceAll("\n  ", "\n      "), "cached"],
    [
      "a default written out",
      "p.yaml",
      (text: string) => text.replace('params.name }}"', 'params.name }}", times: 2'),
      "cached",
    ],
  ])("after a change of %s", async (_, file, change, outcome) => {
    const p = project();
    await p.run();
    const changed = change(p.read(file));
    expect(changed).not.toBe(p.read(file));
    p.write(file, changed);
    expect(await p.run()).toEqual({ greet: outcome });
  });

  it("whose metric is NaN keeps its outputs, and shows it as NaN", async () => {
    const p = project();
    p.write("kinds/greet.js", KIND.replace('ctx.metric("loss", 1, 2)', 'ctx.metric("loss", NaN, 2)'));
    const { ends } = await p.runEvents();
    expect(ends[0]).toMatchObject({ outcome: "ran", metrics: { loss: "NaN" } });
  });

  it("with a wrong option is refused before anything runs", async () => {
    const p = project().write("p.yaml", PIPELINE.replace('name: "${{', 'nome: "${{'));
    const { code, stderr } = await p.vistas(["run", "p.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/nome/);
  });
});
