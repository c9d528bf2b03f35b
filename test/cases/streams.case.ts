/** Cases of streams that close or fill up, of hang-ups and of terminals without a cursor. */
import { setTimeout as wait } from "node:timers/promises";
import process from "node:process";
import { expect, it } from "@jest/globals";
import { execa } from "execa";
import { CLI, Project } from "../rig/project.js";

const project = (seconds = 1): Project =>
  new Project({
    "p.yaml": `steps:
  a: { run: "sleep ${seconds}; echo a > \${{ outputs.o }}", outputs: { o: o.txt } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: o.txt } }
`,
  });

/** Runs a line of bash in which `vistas` is this build's. */
function bash(p: Project, line: string, env: Record<string, string> = {}) {
  const script = `vistas() { "${process.execPath}" "${CLI}" "$@"; }\n${line}`;
  return execa("bash", ["-c", script], { cwd: p.folder, reject: false, env: { HOME: p.folder, ...env } });
}

it("workflow 09: a run whose events nobody reads any more does not exit with 0", async () => {
  const p = project();
  const { stdout } = await bash(
    p,
    "vistas run --reporter ndjson p.yaml | head -1 > /dev/null; echo ${PIPESTATUS[0]}",
  );
  expect(stdout).toBe("141");
});

it("workflow 10: a run whose progress nobody reads any more leaves a record", async () => {
  const p = project();
  await bash(p, "vistas run p.yaml 2>&1 | head -1");
  expect((await p.vistas(["runs", "p.yaml"])).stdout).toContain("p.yaml");
});

it("workflow 11: a result onto a full disk is no success", async () => {
  const p = project(0);
  await p.run();
  expect((await bash(p, "vistas show p.yaml a --json > /dev/full")).exitCode).toBe(1);
});

it("workflow 18: a hang-up does not end a run under nohup", async () => {
  const p = project(3);
  const running = bash(p, `nohup "${process.execPath}" "${CLI}" run p.yaml > log 2>&1 & echo $!; wait $!`);
  const pid = await new Promise<number>(found =>
    running.stdout.once("data", (text: Buffer) => found(parseInt(text.toString(), 10))),
  );
  await wait(1500);
  process.kill(pid, "SIGHUP");
  expect((await running).exitCode).toBe(0);
});

it("workflow 28: a dumb terminal gets plain lines", async () => {
  const p = project(0);
  const { stdout } = await bash(
    p,
    `script -qec '"${process.execPath}" "${CLI}" run p.yaml' /dev/null < /dev/null`,
    {
      TERM: "dumb",
    },
  );
  expect(stdout).toContain("done: 2 ran");
  expect(stdout).not.toContain("\u001b");
});
