import { mkdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

/** What is said of the failure of each step. */
async function failures(p: Project): Promise<Record<string, string | undefined>> {
  const { ends } = await p.runEvents(["--keep-going"], { code: 1 });
  return Object.fromEntries(ends.map(({ id, error }) => [id, error]));
}

describe("a program that did not find a file", () => {
  it("is told to declare it, if the project has it and the step does not", async () => {
    const p = new Project({
      "data/x.csv": "1\n",
      "read.sh": "cat data/x.csv\n",
      "p.yaml": `steps:
  tool: { run: "cat data/x.csv > \${{ outputs.o }}", outputs: { o: o } }
  script: { run: "sh read.sh > \${{ outputs.o }}", outputs: { o: o } }
  inner: { run: [sh, "\${{ inputs.s }}", "\${{ outputs.o }}"], inputs: { s: ./read.sh }, outputs: { o: o } }
  node: { run: [node, -e, "require('fs').readFileSync('./data/x.csv')", "\${{ outputs.o }}"], outputs: { o: o } }
  absent: { run: "cat nowhere.csv > \${{ outputs.o }}", outputs: { o: o } }
  other: { run: "cat data/x.csv; echo data/x.csv; exit 3", inputs: { d: ./data }, outputs: { o: "\${{ outputs.o }}" } }
`.replace(/outputs: \{ o: "[^"]*" \}/, "outputs: { o: o }"),
    });
    const errors = await failures(p);
    const declare = (file: string): RegExp =>
      new RegExp(
        `declare it under inputs, such as \`inputs: \\{ \\w+: \\./${file.replace(".", "\\.")} \\}\``,
      );
    for (const id of ["tool", "inner", "node"]) expect(errors[id]).toMatch(declare("data/x.csv"));
    expect(errors["script"]).toMatch(declare("read.sh"));
    for (const id of ["absent", "other"]) expect(errors[id]).not.toContain("declare");
  });

  it("is told so before anything runs where the file is the program itself", async () => {
    const p = new Project({
      "read.sh": "echo\n",
      "p.yaml": `steps:\n  program: { run: [./read.sh, "\${{ outputs.o }}"], outputs: { o: o } }\n`,
    });
    const { code, stderr } = await p.vistas(["run", "p.yaml"]);
    expect([code, stderr.includes("declare it under inputs: `inputs: { tool: ./read.sh }`")]).toEqual([
      2,
      true,
    ]);
  });
});

describe("an output that is not where it belongs", () => {
  it("is said to lie in the working folder, or beside its place", async () => {
    const p = new Project({
      "data/x.csv": "1\n",
      "p.yaml": `steps:
  own: { run: "echo > o.csv", outputs: { o: sub/o.csv } }
  ending: { run: "echo > \${{ outputs.o }}.csv", outputs: { o: o } }
  nothing:
    run: "true \${{ outputs.o }}; mkdir __pycache__; : > __pycache__/a.pyc"
    inputs: { d: ./data/x.csv }
    files: { c.json: { a: 1 } }
    outputs: { o: o }
  other: { run: "mkdir runs; echo > runs/best.pt; true \${{ outputs.o }}", outputs: { o: o } }
`,
    });
    const errors = await failures(p);
    expect(errors["own"]).toContain("`o.csv` was written in the working folder, not at the output's path");
    expect(errors["ending"]).toContain("beside it there is o.csv");
    expect(errors["nothing"]).toContain("did not write it");
    expect(errors["other"]).toContain("`runs` was written in the working folder, and nothing at");
    for (const error of Object.values(errors)) {
      expect(error).toContain("`${{ outputs.o }}`");
      expect(error).not.toContain(p.folder);
    }
  });
});

describe("what the system does not take", () => {
  it("is said in words: a script that is too long, a line of the log without an end", async () => {
    const p = new Project({
      "p.yaml": `steps:
  long: { run: "true; # ${"y".repeat(140_000)} ", outputs: { o: o } }
  line: { run: "head -c 300000 /dev/zero | tr '\\\\0' x; exit 3", outputs: { o: o } }
`,
    });
    const errors = await failures(p);
    expect(errors["long"]).toMatch(
      /has 14\d{4} bytes, and the system takes 131071: put the text into a file/,
    );
    expect(errors["line"]).toMatch(/^exit code 3\nx+ \.\.\. \(\d+ characters left out\) \.\.\. x+$/);
  });
});

describe("a file that is not there", () => {
  const said = async (p: Project, path: string): Promise<string> => {
    const run = "cat ${{ inputs.f }} > ${{ outputs.o }}";
    p.write("p.yaml", JSON.stringify({ steps: { a: { run, inputs: { f: path }, outputs: { o: "o" } } } }));
    const { code, stderr } = await p.vistas(["validate", "p.yaml"]);
    expect(code).toBe(2);
    return stderr;
  };

  it("is known as a pattern that matches nothing, as a name in another Unicode form, and as the folder of the store", async () => {
    const p = new Project({ "data/s0.csv": "", "cafe\u0301.txt": "" });
    expect(await said(p, "./data/*.tsv")).toContain("no file matches `./data/*.tsv`");
    const form = await said(p, "./caf\u00e9.txt");
    expect(form).toContain("another Unicode form (NFD, and here NFC)");
    expect(form).not.toContain("did you mean");
    mkdirSync(p.path("artifacts"));
    expect(await said(p, p.folder)).toContain("input-holds-store");
  });
});
