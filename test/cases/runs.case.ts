import { describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync } from "node:fs";
import { Project } from "../rig/project.js";

const one = (word: string): string =>
  `steps:\n  a: { run: "echo ${word} > \${{ outputs.o }}", outputs: { o: o.txt } }\n`;

describe("workflow", () => {
  it("01: two projects that share a store and call their pipelines alike get their own files", async () => {
    const p = new Project();
    const env = { VISTAS_ROOT: p.path("store") };
    for (const name of ["A", "B"]) {
      p.write(`${name}/f`, `I am ${name}\n`).write(
        `${name}/p.yaml`,
        'steps:\n  a: { run: "cat ${{ inputs.f }} > ${{ outputs.o }}", inputs: { f: ./f }, outputs: { o: o.txt } }\n',
      );
      await p.vistas(["run", "p.yaml"], { env, cwd: p.path(name) });
    }
    await p.vistas(["checkout", "p.yaml", "a", "out"], { env, cwd: p.path("A") });
    expect(p.read("A/out/o.txt")).toBe("I am A\n");
  });

  it("04: a checkout after a run of one instance gives all three", async () => {
    const p = new Project({
      "p.yaml":
        'steps:\n  e: { run: "echo ${{ matrix.s }} > ${{ outputs.o }}", matrix: { s: [0, 1, 2] }, outputs: { o: o.txt } }\n',
    });
    await p.run();
    await p.run(["e[s=1]"]);
    expect((await p.vistas(["checkout", "p.yaml", "e", "out"])).code).toBe(0);
    expect(readdirSync(p.path("out")).sort()).toEqual(["s=0", "s=1", "s=2"]);
    expect(p.read("out/s=2/o.txt")).toBe("2\n");
  });

  it("05: latest beside a pipeline is that pipeline's newest run", async () => {
    const p = new Project({ "a.yaml": one("a"), "b.yaml": one("b") });
    for (const name of ["a", "b"]) await p.vistas(["run", `${name}.yaml`]);
    await p.vistas(["report", "a.yaml", "latest", "--format", "markdown", "--out", "r.md"]);
    expect(p.read("r.md")).toMatch(/^## a/);
    await p.vistas(["runs", "a.yaml", "--name", "paper=latest"]);
    expect((await p.vistas(["runs", "a.yaml"])).stdout).toContain("paper");
    expect(existsSync(p.path("artifacts/runs"))).toBe(true);
  });
});
// 34 and attack 07, a clock that was ahead, are in test/run/past.test.ts: "the order of runs".
