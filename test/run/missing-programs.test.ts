/** A program that is not there is a mistake at its word, before anything runs. */
import { chmodSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

interface Told {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly hint: string;
  readonly range: { readonly start: { readonly line: number; readonly column: number } };
}

async function validate(steps: string, files: Readonly<Record<string, string>> = {}) {
  const p = new Project({ "p.yaml": `steps:\n${steps}`, ...files });
  const { code, stdout } = await p.vistas(["validate", "p.yaml", "--json"]);
  const told = (JSON.parse(stdout) as Told[]).filter(one => one.code === "missing-program");
  return { p, code, told };
}

const step = (name: string, run: string, more = ""): string =>
  `  ${name}: { run: ${run}, outputs: { o: o }${more} }\n`;

describe("a program that is certainly missing", () => {
  it("is told at its word, with the nearest there is, by validate and by run: exit 2", async () => {
    const { p, code, told } = await validate(
      step("a", "[sotr, x, '${{ outputs.o }}']") +
        "  b:\n    run: |\n      seq 3 > x\n      gzp -c x | timeout 5 no-such-program-at-all > ${{ outputs.o }}\n    outputs: { o: o }\n" +
        step("c", "[nice, -n, 3, sotr, '${{ outputs.o }}']"),
    );
    expect(code).toBe(2);
    expect(told.map(({ range: { start } }) => [start.line, start.column])).toEqual([
      [2, 14],
      [6, 7],
      [6, 28],
      [8, 27],
    ]);
    expect(told.map(({ hint }) => hint)).toEqual([
      "did you mean `sort`?",
      "did you mean `gzip`?",
      expect.stringMatching(/install it/),
      "did you mean `sort`?",
    ]);
    for (const args of [["run"], ["run", "--dry-run"]]) {
      const called = await p.vistas([...args, "p.yaml"]);
      expect(called.code).toBe(2);
      expect(called.stderr).toMatch(/p\.yaml:2:14: error\[missing-program\]/);
    }
    expect((await p.vistas(["run", "p.yaml", "b"])).stderr).not.toMatch(/`sotr`/);
  });

  it("may be a file that is no input, or not executable", async () => {
    const { p, code, told } = await validate(
      step("a", "[./tool.sh, '${{ outputs.o }}']") +
        step("b", "['${{ inputs.t }}', '${{ outputs.o }}']", ", inputs: { t: ./tool.sh }") +
        step("c", "[/no/such/tool, '${{ outputs.o }}']"),
      { "tool.sh": "#!/bin/sh\n:\n" },
    );
    expect(code).toBe(2);
    expect(told.map(({ message }) => message)).toEqual([
      "`./tool.sh` is not among the step's inputs",
      "`${{ inputs.t }}` may not be executed",
      "`/no/such/tool` is not there",
    ]);
    expect(told[0]?.hint).toMatch(/inputs: \{ tool: \.\/tool\.sh \}/);
    chmodSync(p.path("tool.sh"), 0o755);
    p.write(
      "p.yaml",
      `steps:\n${step("b", "['${{ inputs.t }}', '${{ outputs.o }}']", ", inputs: { t: ./tool.sh }")}`,
    );
    expect((await p.vistas(["validate", "p.yaml"])).code).toBe(0);
  });
});

it("where it is not certain, it is a warning, and the step runs", async () => {
  const lines = [
    "command -v sotr && sotr; sort /dev/null > ${{ outputs.o }}",
    "if [ -e /none ]; then sotr; fi; sort /dev/null > ${{ outputs.o }}",
    "sotr || sort /dev/null > ${{ outputs.o }}",
    "[ -e /none ] && sotr; sort /dev/null > ${{ outputs.o }}",
    ". /dev/null; false && sotr; sort /dev/null > ${{ outputs.o }}",
    "PATH=$(echo $PATH); false && sotr; sort /dev/null > ${{ outputs.o }}",
    "false && /no/such/tool; sort /dev/null > ${{ outputs.o }}",
  ];
  const { p, code, told } = await validate(
    lines.map((line, i) => step(`s${i}`, JSON.stringify(line))).join(""),
  );
  expect(code).toBe(0);
  expect(told.map(({ severity }) => severity)).toEqual(lines.map(() => "warning"));
  expect(Object.values(await p.run(["--jobs", "4"]))).toEqual(lines.map(() => "ran"));
});

it("is no program: a builtin, a function, a keyword, what the line makes, what only the shell knows", async () => {
  const lines = [
    "sotr() { sort; }; sotr < /dev/null > ${{ outputs.o }}",
    "printf '#!/bin/sh\\n' > sotr; chmod +x sotr; ./sotr > ${{ outputs.o }}; PATH=.:$PATH; sotr",
    "for i in a b; do :; done; case $i in (sotr) ;; b) true;; esac; { echo; } > ${{ outputs.o }}",
    "# sotr\n: 'sotr' \"sotr\" <<X > ${{ outputs.o }}\nsotr\nX\n",
    "sotr=sort; $sotr /dev/null > ${{ outputs.o }}; eval 'sort /dev/null'",
  ];
  const { p, code, told } = await validate(
    lines.map((line, i) => step(`s${i}`, JSON.stringify(line))).join(""),
  );
  expect(told).toEqual([]);
  expect(code).toBe(0);
  expect(Object.values(await p.run(["--jobs", "4"]))).toEqual(lines.map(() => "ran"));
});
