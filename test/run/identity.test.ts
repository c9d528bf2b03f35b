/** What may change a result is in its key: each change here must make the step run, and give the right bytes. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, unlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "@jest/globals";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";

const gates: Gate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.release();
});
async function gate(p: Project, name: string): Promise<Gate> {
  const made = await Gate.at(p.path(name));
  gates.push(made);
  return made;
}

describe("a step runs again after a change of", () => {
  const look = `
steps:
  s:
    run: ls -lR data | cut -c1-10 > \${{ outputs.o }}; find data | sort >> \${{ outputs.o }}
    inputs: { d: ./data }
    outputs: { o: o }
`;
  it.each([
    ["what may be executed", (p: Project) => chmodSync(p.path("data/a"), 0o755), "-r-xr-xr-x"],
    ["an empty folder", (p: Project) => mkdirSync(p.path("data/empty")), "data/empty"],
    ["a file more", (p: Project) => void p.write("data/A", ""), "data/A"],
    [
      "what a link leads to",
      (p: Project) => {
        unlinkSync(p.path("data/link"));
        symlinkSync("../two", p.path("data/link"));
      },
      "data/link/second",
    ],
  ])("%s", async (_, change, shows) => {
    const p = new Project({ "p.yaml": look, "data/a": "a", "one/first": "", "two/second": "" });
    symlinkSync("../one", p.path("data/link"));
    await p.run();
    expect(await p.output("s", "o")).not.toContain(shows);
    change(p);
    expect(await p.run()).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toContain(shows);
  });
});

const KIND = `import { defineStep } from "vistas";
import { writeFileSync, readdirSync } from "node:fs";
export default defineStep({
  kind: "look", summary: "tells what it sees", with: { type: "object" }, inputs: ["all"], outputs: ["text"],
  run: ctx => writeFileSync(ctx.outputs.text, JSON.stringify([ctx.gathered.all.map(g => g.labels), readdirSync(ctx.inputs.all).sort()])),
});
`;

describe("a kind that gathers runs again after a change of", () => {
  const text = (values: string, file: string): string => `
plugins: [./look.js]
steps:
  each: { run: "echo \${{ matrix.v }} > \${{ outputs.o }}", outputs: { o: ${file} }, matrix: { v: ${values} } }
  all: { uses: look, inputs: { all: each }, over: [v] }
`;
  it.each([
    ["a label's type", text('[1, "true"]', "o.txt"), text('["1", true]', "o.txt"), '[[{"v":"1"},{"v":true}]'],
    ["the names of the files", text("[1, 2]", "o.txt"), text("[1, 2]", "o.csv"), '"v=1.csv"'],
    ["their order", text("[1, 2]", "o.txt"), text("[2, 1]", "o.txt"), '[[{"v":2},{"v":1}]'],
  ])("%s", async (_, before, after, shows) => {
    const p = new Project({ "p.yaml": before, "look.js": KIND });
    await p.run();
    p.write("p.yaml", after);
    expect((await p.run())["all"]).toBe("ran");
    expect(await p.output("all", "text")).toContain(shows);
  });
});

describe("code that is edited while its step runs", () => {
  const kind = (go: string, arrive: string, word: string): string => `import { defineStep } from "vistas";
import { readFileSync, writeFileSync } from "node:fs";
import { word } from "./word.js";
export default defineStep({
  kind: "wait", summary: "waits", with: { type: "object" }, outputs: ["text"],
  run: ctx => { writeFileSync(${JSON.stringify(arrive)}, ""); readFileSync(${JSON.stringify(go)}); writeFileSync(ctx.outputs.text, word + "${word}"); },
});
`;
  it("fails the step and records nothing", async () => {
    const p = new Project({
      "p.yaml": "plugins: [./wait.js]\nsteps:\n  s: { uses: wait }\n",
      "word.js": 'export const word = "old";',
    });
    const [arrive, go] = [await gate(p, "arrive"), await gate(p, "go")];
    p.write("wait.js", kind(go.path, arrive.path, "!"));
    const running = p.runEvents([], { code: 1 });
    await arrive.arrived();
    p.write("word.js", 'export const word = "new";');
    await go.open();
    const { ends } = await running;
    expect(ends[0]?.error).toMatch(/code word\.js changed while the step ran/);

    const again = p.run();
    await arrive.arrived();
    await go.open();
    expect(await again).toEqual({ s: "ran" });
    expect(await p.output("s", "text")).toBe("new!");
  });

  it("is told where it cannot be known, by `plan` as by `run`, without a stack", async () => {
    const p = new Project({
      "p.yaml": "plugins: [./k.js]\nsteps:\n  s: { uses: look, inputs: { all: ./k.js } }\n",
      "k.js": `${KIND}\nexport const more = n => import(n);\n`,
    });
    for (const verb of ["plan", "run"]) {
      const { code, stderr } = await p.vistas([verb, "p.yaml"]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/name is computed/);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });
});

describe("a part", () => {
  it("whose key is not JSON is refused, because it could be taken for another", async () => {
    const p = new Project({
      "p.yaml": "plugins: [./k.js]\nsteps:\n  s: { uses: part }\n",
      "k.js": `import { defineStep } from "vistas";
import { writeFileSync } from "node:fs";
export default defineStep({ kind: "part", summary: "", with: { type: "object" }, outputs: ["text"],
  run: async ctx => { await ctx.part({ when: new Date(0) }, path => writeFileSync(path, "")); writeFileSync(ctx.outputs.text, ""); } });
`,
    });
    const { ends } = await p.runEvents([], { code: 1 });
    expect(ends[0]?.error).toMatch(/Date has no JSON form/);
  });
});

describe("a user's own file", () => {
  it("that a step makes its output by a hard link stays the user's, to be written", async () => {
    const p = new Project({ "mine.txt": "mine\n" });
    chmodSync(p.path("mine.txt"), 0o644);
    p.write(
      "p.yaml",
      `steps:\n  s: { run: "ln ${p.path("mine.txt")} \${{ outputs.o }}", outputs: { o: o } }\n`,
    );
    await p.run();
    p.write("mine.txt", "edited\n");
    expect(await p.output("s", "o")).toBe("mine\n");
    expect(readFileSync(p.path("mine.txt"), "utf8")).toBe("edited\n");
  });
});
