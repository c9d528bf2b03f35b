/** Inputs by pattern: which files the step sees, when it runs again, and that `why` names the file. */
import { rmSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const LIST = (role: string): string => `cd \${{ inputs.${role} }}; find . -type f -o -type l | sort`;
const PIPELINE = `
steps:
  tables:
    run: "(${LIST("t")}) > \${{ outputs.o }}; ls -d data >> \${{ outputs.o }}"
    inputs: { t: ./data/**/*.csv }
    outputs: { o: o }
  two:
    run: "(${LIST("t")}; echo +; ${LIST("n")}) > \${{ outputs.o }}"
    inputs: { t: ./data/*.csv, n: "./data/*.{txt,md}" }
    outputs: { o: o }
  top:
    run: "(${LIST("t")}) > \${{ outputs.o }}"
    inputs: { t: "./*.cs[v]" }
    outputs: { o: o }
  each:
    run: "wc -c < \${{ inputs.t }} > \${{ outputs.o }}"
    inputs: { t: "\${{ matrix.t }}" }
    outputs: { o: o }
    matrix: { t: { files: ./data/*.csv } }
  sum: { run: "cat \${{ inputs.n }}/* > \${{ outputs.o }}", inputs: { n: each }, outputs: { o: o }, over: [t] }
`;

const FILES = {
  "p.yaml": PIPELINE,
  "top.csv": "0\n",
  "data/a.csv": "1\n",
  "data/b.csv": "22\n",
  "data/n.txt": "",
  "data/.dot.csv": "",
  "data/deep/er/c.csv": "3\n",
  "data/empty/x.txt": "",
};

describe("an input by pattern", () => {
  it("is a folder with what matches, and nothing else", async () => {
    const p = new Project(FILES);
    p.write(".vistasignore", "ignored.csv\n").write("data/ignored.csv", "");
    symlinkSync("../data/deep", p.path("data/link"));
    await p.run();
    expect(await p.output("tables", "o")).toBe("./a.csv\n./b.csv\n./deep/er/c.csv\n./link/er/c.csv\ndata\n");
    expect(await p.output("two", "o")).toBe("./a.csv\n./b.csv\n+\n./n.txt\n");
    expect(await p.output("top", "o")).toBe("./top.csv\n");
    expect((await p.output("sum", "o")).split("\n")).toEqual(["2", "3", ""]);
  });

  it("reruns when a file comes, goes, changes or is renamed, and `why` names it", async () => {
    const p = new Project(FILES);
    await p.run();
    p.write("data/deep/d.txt", "").write("data/.more.csv", "");
    const all = await p.run();
    expect(new Set(Object.values(all))).toEqual(new Set(["cached"]));

    p.write("data/deep/d.csv", "4\n").write("data/b.csv", "5\n");
    rmSync(p.path("data/deep/er/c.csv"));
    const why = await p.vistas(["why", "p.yaml", "tables"]);
    expect(why.stdout).toContain(
      "file ./data changed: b.csv changed, deep/d.csv added, deep/er/c.csv removed",
    );
    expect(await p.run()).toEqual({
      ...{ tables: "ran", two: "ran", top: "cached", sum: "ran" },
      ...{ "each[t=./data/a.csv]": "cached", "each[t=./data/b.csv]": "ran" },
    });
    rmSync(p.path("data/b.csv"));
    const outcomes = await p.run();
    expect(outcomes).toMatchObject({ "each[t=./data/a.csv]": "cached", sum: "ran" });
    expect(outcomes).not.toHaveProperty("each[t=./data/b.csv]");
  });

  it("in the store's own folder matches nothing, and outside the project files are shown in place", async () => {
    const p = new Project({ "at/o.csv": "1\n", "at/o.txt": "" });
    p.write(
      "q/p.yaml",
      `steps:
  a: { run: "echo > \${{ outputs.o }}", outputs: { o: o.csv } }
  b: { run: "(${LIST("t")}) > \${{ outputs.o }}", inputs: { a: a, t: "./**/*.csv" }, outputs: { o: o } }
  c: { run: "(${LIST("t")}) > \${{ outputs.o }}", inputs: { t: "${p.path("at")}/*.csv" }, outputs: { o: o } }
`,
    ).write("q/x.csv", "");
    const cwd = p.path("q");
    expect((await p.vistas(["run", "p.yaml"], { cwd })).code).toBe(0);
    expect((await p.vistas(["plan", "p.yaml"], { cwd })).stdout).toContain("3 cached, 0 to run");
  });

  it("that matches nothing is a mistake at its place", async () => {
    const p = new Project({
      "p.yaml": `steps: { a: { run: "true", inputs: { t: ./data/*.tsv } } }`,
      "data/a.csv": "",
    });
    const called = await p.vistas(["run", "p.yaml"]);
    expect([called.code, called.stderr]).toEqual([
      2,
      expect.stringContaining("p.yaml:1:41: error[missing-file]: no file matches `./data/*.tsv`"),
    ]);
  });
});
