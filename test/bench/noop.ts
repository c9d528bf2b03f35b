import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { execa } from "execa";
import { CLI, inFolder, tell, timeInTurns, versionOf, type Program } from "./measure.js";

/** Nothing to do, at 1,000 and 10,000 `run:` steps; and the cold run that comes before it. Beside its peers. */
export async function noop(): Promise<void> {
  for (const steps of [1000, 10_000]) {
    await inFolder(async folder => {
      const programs: { name: string; program: Program; cold: number }[] = [];
      const add = async (name: string, program: Program): Promise<void> => {
        const start = performance.now();
        await execa(program.command, program.args, { cwd: program.cwd, stdout: "ignore" });
        programs.push({ name, program, cold: (performance.now() - start) / 1000 });
      };
      await add("vistas", vistas(folder, steps));
      if ((await versionOf("ninja")) !== undefined) await add("ninja", ninja(folder, steps));
      if ((await versionOf("make")) !== undefined) await add("make", make(folder, steps));
      // Snakemake's cold run takes a minute a thousand steps: its outputs are made by hand.
      if ((await versionOf("snakemake")) !== undefined) await add("snakemake", snakemake(folder, steps));
      const timings = await timeInTurns(
        programs.map(p => p.program),
        5,
      );
      for (const [i, { name, cold }] of programs.entries()) {
        if (name !== "snakemake")
          tell("cold-run", { steps, tool: name, seconds: Math.round(cold * 1000) / 1000 });
        tell("nothing-to-do", { steps, tool: name, seconds: timings[i] });
      }
    });
  }
}

function vistas(folder: string, steps: number): Program {
  const cwd = join(folder, "vistas");
  mkdirSync(cwd);
  const lines = Array.from(
    { length: steps },
    (_, i) => `  s${i}: { run: "echo ${i} > \${{ outputs.o }}", outputs: { o: o } }`,
  );
  writeFileSync(join(cwd, "p.yaml"), `steps:\n${lines.join("\n")}\n`);
  return { command: process.execPath, args: [CLI, "run", "p.yaml", "--quiet"], cwd };
}

function ninja(folder: string, steps: number): Program {
  const cwd = join(folder, "ninja");
  mkdirSync(cwd);
  const builds = Array.from({ length: steps }, (_, i) => `build o${i}: write\n  n = ${i}`);
  writeFileSync(join(cwd, "build.ninja"), `rule write\n  command = echo $n > $out\n${builds.join("\n")}\n`);
  return { command: "ninja", args: ["-j2", "--quiet"], cwd };
}

function make(folder: string, steps: number): Program {
  const cwd = join(folder, "make");
  mkdirSync(cwd);
  const names = Array.from({ length: steps }, (_, i) => `o${i}`);
  writeFileSync(
    join(cwd, "Makefile"),
    `all: ${names.join(" ")}\n${names.map((name, i) => `${name}:\n\t@echo ${i} > $@`).join("\n")}\n`,
  );
  return { command: "make", args: ["-s", "-j2"], cwd };
}

function snakemake(folder: string, steps: number): Program {
  const cwd = join(folder, "snakemake");
  mkdirSync(cwd);
  const rule = `rule all:\n    input: [f"o{i}" for i in range(${steps})]\nrule one:\n    output: "o{i}"\n    shell: "echo {wildcards.i} > {output}"\n`;
  writeFileSync(join(cwd, "Snakefile"), rule);
  for (let i = 0; i < steps; i++) writeFileSync(join(cwd, `o${i}`), `${i}\n`);
  return { command: "snakemake", args: ["-j2", "--quiet"], cwd };
}
