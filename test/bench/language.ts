import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { CLI, inFolder, tell, timeInTurns } from "./measure.js";

const BLOCK = `params: { n: 0 }
templates:
  base: { outputs: { o: o }, timeout: 5m, env: { LANG: C } }
  next: { extends: base, run: "cat \${{ inputs.i }} > \${{ outputs.o }}" }
steps:
  a: { extends: base, run: "echo \${{ params.n }} > \${{ outputs.o }}" }
  b: { extends: next, inputs: { i: a } }
  c: { extends: next, inputs: { i: b } }
  d: { extends: next, inputs: { i: c } }
  e: { extends: base, run: "cat \${{ inputs.i }} \${{ inputs.j }} > \${{ outputs.o }}", inputs: { i: d, j: a } }
`;
const TIMES = 1000;

/** Planning 5,000 instances of templates in a block, used along an axis or a thousand times, beside the same written out. */
export async function language(): Promise<void> {
  await inFolder(async cwd => {
    const file = (name: string, text: string): void => {
      writeFileSync(join(cwd, name), text);
    };
    const axis = `matrix: { n: { from: 0, to: ${TIMES - 1} } }`;
    const uses = Array.from(
      { length: TIMES },
      (_, i) => `  u${i}: { pipeline: ./block.yaml, with: { n: ${i} } }\n`,
    );
    const steps = Array.from({ length: TIMES }, (_, i) => writtenOut(`u${i}-`, `'${i}'`, ""));
    file("block.yaml", BLOCK);
    file("axis.yaml", `steps:\n  u: { pipeline: ./block.yaml, with: { n: "\${{ matrix.n }}" }, ${axis} }\n`);
    file("axis-out.yaml", `steps:\n${writtenOut("u-", "${{ matrix.n }}", `, ${axis}`)}`);
    file("uses.yaml", `steps:\n${uses.join("")}`);
    file("uses-out.yaml", `steps:\n${steps.join("")}`);
    const names = ["axis", "axis-out", "uses", "uses-out"];
    const programs = names.map(name => ({
      command: process.execPath,
      args: [CLI, "plan", `${name}.yaml`],
      cwd,
    }));
    // The first one fills the cache of documents.
    await timeInTurns(programs, 1);
    const timings = await timeInTurns(programs, 7);
    for (const [i, name] of names.entries()) tell("plan-5000", { pipeline: name, seconds: timings[i] });
  });
}

function writtenOut(prefix: string, n: string, matrix: string): string {
  const shared = "outputs: { o: o }, timeout: 5m, env: { LANG: C }";
  const step = (name: string, command: string, inputs: string): string =>
    `  ${prefix}${name}: { run: "${command} > \${{ outputs.o }}", ${inputs}${shared}${name === "a" ? matrix : ""} }\n`;
  const next = (name: string, from: string): string =>
    step(name, "cat ${{ inputs.i }}", `inputs: { i: ${prefix}${from} }, `);
  const last = step("e", "cat ${{ inputs.i }} ${{ inputs.j }}", `inputs: { i: ${prefix}d, j: ${prefix}a }, `);
  return step("a", `echo ${n}`, "") + next("b", "a") + next("c", "b") + next("d", "c") + last;
}
