import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { execa } from "execa";
import { CLI, inFolder, tell, timeInTurns } from "./measure.js";

const STEPS = `params: { runs: 0 }
steps:
  a: { run: "echo \${{ params.runs }} > \${{ outputs.o }}", outputs: { o: o } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: o } }
  c: { run: "cat \${{ inputs.b }} > \${{ outputs.o }}", inputs: { b: b }, outputs: { o: o } }
`;
const RUNS = 300;

/** Whole processes that do little, beside Node itself with nothing to do. */
export async function startup(): Promise<void> {
  await inFolder(async cwd => {
    writeFileSync(join(cwd, "p.yaml"), STEPS);
    await timed(cwd, "startup", [["--version"], ["validate", "p.yaml"], ["run", "p.yaml", "--quiet"]]);
  });
}

/** What looks at the whole store, once it has many runs. */
export async function manyRuns(): Promise<void> {
  await inFolder(async cwd => {
    writeFileSync(join(cwd, "p.yaml"), STEPS);
    for (let n = 0; n < RUNS; n++)
      await execa(process.execPath, [CLI, "run", "p.yaml", "--quiet", "--set", `runs=${n}`], { cwd });
    await timed(cwd, `after-${RUNS}-runs`, [
      ["runs", "p.yaml"],
      ["gc", "p.yaml", "--dry-run"],
      ["verify", "p.yaml"],
    ]);
  });
}

async function timed(cwd: string, bench: string, calls: readonly (readonly string[])[]): Promise<void> {
  const programs = [["-e", "0"], ...calls.map(args => [CLI, ...args])].map(args => ({
    command: process.execPath,
    args,
    cwd,
  }));
  const seconds = await timeInTurns(programs, 11);
  for (const [i, call] of ["node -e 0", ...calls.map(args => `vistas ${args.join(" ")}`)].entries())
    tell(bench, { call, seconds: seconds[i] });
}
