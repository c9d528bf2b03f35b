import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

describe("show", () => {
  const of = (code: number): string =>
    `steps: { a: { run: "echo oops; echo > \${{ outputs.o }}; exit ${code}", outputs: { o: o } } }\n`;

  it("of a step that failed and has no result says so, with its words and its log", async () => {
    const p = new Project({ "p.yaml": of(3) });
    await p.run([], { code: 1 });
    const { code, stderr } = await p.vistas(["show", "p.yaml", "a"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /a has no result: it failed in run \S+\nexit code 3\noops\nwork folder: .*\nlog: .*a\.log/,
    );
    expect(stderr).not.toContain("no result yet");
  });

  it("of a step that failed later shows the older result, and says that and how it failed", async () => {
    const p = new Project({ "p.yaml": of(0) });
    await p.run();
    p.write("p.yaml", of(3));
    await p.run([], { code: 1 });
    const { code, stderr } = await p.vistas(["show", "p.yaml", "a"]);
    expect(code).toBe(0);
    expect(stderr).toContain("exit code 3");
  });
});

describe("schema and steps", () => {
  const KIND = `import { defineStep } from "vistas";
export default defineStep({ kind: "mine", summary: "Mine.", with: {}, outputs: ["o"], run() {} });\n`;

  it("take a pipeline's plug-ins in, and refuse one that is not there", async () => {
    const p = new Project({
      "mine.js": KIND,
      "p.yaml": "plugins: [./mine.js]\nsteps: { a: { uses: mine } }\n",
    });
    const { stdout } = await p.vistas(["schema", "p.yaml"]);
    expect(stdout).toContain('"const": "mine"');
    expect((await p.vistas(["schema"])).stdout).not.toContain('"const": "mine"');
    expect((await p.vistas(["schema", "none.yaml"])).code).toBe(2);
  });

  it("describe steps of programs too", async () => {
    const { code, stdout } = await new Project().vistas(["steps", "run"]);
    expect(code).toBe(0);
    expect(stdout).toContain("${{ outputs.table }}");
  });
});
