/** Examples that need packages: each is run where python3, or another program, has them. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import process from "node:process";
import { expect } from "@jest/globals";
import { PACKAGE, snippets } from "../rig/documents.js";
import { Project } from "../rig/project.js";
import { testOrSkip } from "../rig/skip.js";

function lacks(program: string, args: readonly string[], what: string): string | undefined {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return undefined;
  } catch {
    return `there is no ${what}`;
  }
}

const module = (name: string): string | undefined =>
  lacks("python3", ["-c", `import ${name}`], `${name} for python3`);
const noSklearn = module("sklearn");
const noTorch = module("torch");

async function reproduced(file: string): Promise<Project> {
  const p = new Project({});
  cpSync(`${PACKAGE}/pipelines/examples`, p.folder, { recursive: true });
  const { code, stdout, stderr } = await p.vistas(["reproduce", file], {
    env: { HOME: process.env["HOME"] ?? "/" },
  });
  expect([code, stdout, code === 0 ? "" : stderr]).toEqual([0, expect.stringContaining("reproduced"), ""]);
  return p;
}

testOrSkip(
  "a sweep of 60 instances with scikit-learn, one of which has a metric that is NaN",
  noSklearn,
  async () => {
    const p = await reproduced("sweep.yaml");
    const { stdout } = await p.vistas(["show", "sweep.yaml", "fit", "--json"]);
    const fits = JSON.parse(stdout) as { metrics: Record<string, unknown> }[];
    expect([fits.length, fits.filter(({ metrics }) => metrics["correlation"] === "NaN").length]).toEqual([
      60, 1,
    ]);
    const table = await p.vistas(["show", "sweep.yaml", "fit[C=0.3,gamma=0.00001]"]);
    expect(table.stdout).toMatch(/correlation +NaN/);
    await p.vistas(["report", "sweep.yaml", "--out", "r.html"]);
    expect(p.read("r.html")).toContain("NaN");
  },
  900_000,
);

testOrSkip(
  "a training with PyTorch, with its curve",
  noTorch,
  async () => {
    const p = await reproduced("torch.yaml");
    await p.vistas(["report", "torch.yaml", "--out", "r.html"]);
    expect(p.read("r.html")).toContain('id="curves"');
  },
  600_000,
);

testOrSkip(
  "notebooks by papermill and by nbconvert, their pages in the report",
  lacks("papermill", ["--version"], "papermill") ?? lacks("jupyter", ["nbconvert", "--version"], "nbconvert"),
  async () => {
    const p = await reproduced("notebook.yaml");
    await p.vistas(["report", "notebook.yaml", "--out", "r.html"]);
    expect(readFileSync(p.path("r.html"), "utf8").match(/<iframe sandbox=""/g)).toHaveLength(2);
  },
  600_000,
);

const noR = lacks("Rscript", ["--version"], "Rscript");
for (const [title, program, metrics, why] of [
  ["PyTorch", "python3", "metrics.jsonl", noTorch],
  ["scikit-learn", "python3", "metrics.json", noSklearn],
  ["R", "Rscript", "metrics.jsonl", noR],
] as const)
  testOrSkip(`docs/programs.md shows ${title} that reports a curve`, why, async () => {
    const p = new Project({
      script: snippets("programs.md").get(title) ?? "",
      "p.yaml": `steps:
  train:
    run: [${program}, "\${{ inputs.script }}", "\${{ outputs.metrics }}"]
    inputs: { script: ./script }
    outputs: { metrics: ${metrics} }
`,
    });
    const { ends } = await p.runEvents();
    expect(Object.keys(ends[0]?.metrics ?? {})).toContain("loss");
    await p.vistas(["report", "p.yaml", "--out", "r.html"]);
    expect(p.read("r.html")).toContain('id="curves"');
  });
