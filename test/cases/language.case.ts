/** Cases of the workflow in which a text was made a value, a value another, or two things one. */
import process from "node:process";
import { expect, it } from "@jest/globals";
import { execa } from "execa";
import { CLI, Project } from "../rig/project.js";

const OUT = "${{ outputs.o }}";
const HOLDS = "outputs: { o: o.txt }";
const project = (...steps: string[]) =>
  new Project({ "p.yaml": `steps:\n${steps.map(s => `  ${s}\n`).join("")}` });

it("workflow 06: words that look like numbers reach the program as they are written", async () => {
  const p = project(
    `w: { run: [sh, -c, 'printf "%s " "$@" > "$0"', "${OUT}", 1.10, 0123, 1e-3, +5, 0x1F], ${HOLDS} }`,
  );
  await p.run();
  expect(await p.output("w", "o")).toBe("1.10 0123 1e-3 +5 0x1F ");
});

it("workflow 07, 23: labels keep their spelling, in texts and as the names of instances", async () => {
  const p = project(
    `m: { run: "printf %s \${{ matrix.sub }}-\${{ matrix.py }} > ${OUT}", matrix: { sub: [001, 010], py: [3.9, 3.10] }, ${HOLDS} }`,
    `e: { run: "echo \${{ matrix.lr }} > ${OUT}", matrix: { lr: [1e-4, 1.0, 1e-7] }, ${HOLDS} }`,
  );
  await p.run();
  expect(await p.output("m[sub=001,py=3.10]", "o")).toBe("001-3.10");
  for (const label of ["1e-4", "1.0"])
    expect(await p.run([`e[lr=${label}]`])).toEqual({ [`e[lr=${label}]`]: "cached" });
});

it("workflow 12: --set takes a # for what it is", async () => {
  const p = project(`a: { run: "printf %s \${{ params.note }} > ${OUT}", ${HOLDS} }`);
  p.write("p.yaml", `params: { note: none }\n${p.read("p.yaml")}`);
  await p.run(["--set", "note=issue #12"]);
  expect((await p.vistas(["checkout", "p.yaml", "a", "out"])).code).toBe(0);
  expect(p.read("out/o.txt")).toBe("issue #12");
});

it("workflow 20: two values that are not UTF-8 are refused, or two values", async () => {
  const p = project(`e: { run: 'printf %s "$NAME" > ${OUT}', env: [NAME], ${HOLDS} }`);
  const run = (byte: string) =>
    execa(
      "/bin/sh",
      ["-c", `NAME=$(printf 'caf\\${byte}') exec "$0" "$1" run p.yaml`, process.execPath, CLI],
      {
        ...{
          cwd: p.folder,
          env: { PATH: process.env["PATH"] ?? "", HOME: p.folder },
          extendEnv: false,
          reject: false,
        },
      },
    );
  const first = await run("351");
  const second = await run("350");
  expect(first.exitCode === 2 || !/1 cached/.test(second.stderr)).toBe(true);
});

it("workflow 21: a declared variable is not overridden without a word", async () => {
  const p = project(
    `e: { run: 'printf %s "$CUDA_VISIBLE_DEVICES" > ${OUT}', env: { CUDA_VISIBLE_DEVICES: "3" }, ${HOLDS} }`,
  );
  const { code, stderr } = await p.vistas(["run", "p.yaml"]);
  if (code !== 2 && !/warning/.test(stderr)) expect(await p.output("e", "o")).toBe("3");
});

it("workflow 24: an expression in the script of a shell is one word, never code", async () => {
  const p = project(
    `b: { run: [bash, -euo, pipefail, -c, "echo \${{ params.msg }} > ${OUT}; true"], ${HOLDS} }`,
  );
  p.write("p.yaml", `params: { msg: "a; echo PWNED" }\n${p.read("p.yaml")}`);
  await p.run();
  expect(await p.output("b", "o")).toBe("a; echo PWNED\n");
});

it("workflow 25: gathered files keep the ending by which programs know them", async () => {
  const p = project(
    `scan: { run: "echo x > ${OUT}", matrix: { sub: ["01", "02"] }, outputs: { o: scan.nii.gz } }`,
    `all: { run: "ls \${{ inputs.s }} > ${OUT}", inputs: { s: scan }, over: [sub], ${HOLDS} }`,
  );
  await p.run();
  expect(await p.output("all", "o")).toBe("sub=01.nii.gz\nsub=02.nii.gz\n");
});

it.each(["9007199254740993.0", "1e-400"])(
  "workflow 31: %s does not survive, and is a mistake",
  async number => {
    const p = project(`a: { run: "printf %s \${{ params.x }} > ${OUT}", ${HOLDS} }`);
    p.write("p.yaml", `params: { x: ${number} }\n${p.read("p.yaml")}`);
    expect((await p.vistas(["run", "p.yaml"])).code).toBe(2);
  },
);

it("workflow 32: two metrics of one dotted name are told", async () => {
  const p = project(
    String.raw`m: { run: "echo '{\"a.b\": 1, \"a\": {\"b\": 2}}' > ${"${{ outputs.metrics }}"}", outputs: { metrics: metrics.json } }`,
  );
  const { code, stderr } = await p.vistas(["run", "p.yaml"]);
  expect(code === 1 || /warning|twice/.test(stderr)).toBe(true);
});
