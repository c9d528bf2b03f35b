/** Programs through the command line: what reruns, what is said of it, and what changes under a running step. */
import { chmodSync, cpSync, renameSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PATH = process.env["PATH"] ?? "";

function project(run: string): Project {
  return new Project({ "p.yaml": `steps:\n  s:\n    run: ${JSON.stringify(run)}\n    outputs: { o: o }\n` });
}

function program(p: Project, path: string, text: string): void {
  p.write(path, `#!/bin/sh\n${text}\n`);
  chmodSync(p.path(path), 0o755);
}

describe("another program of the same name", () => {
  it("reruns the step; the same one elsewhere does not; plan, why and show name it", async () => {
    const p = project("tool > ${{ outputs.o }}");
    program(p, "a/tool", "echo one");
    const env = (folder: string) => ({ env: { PATH: `${p.path(folder)}:${PATH}` } });
    expect(await p.run([], env("a"))).toEqual({ s: "ran" });
    cpSync(p.path("a"), p.path("b"), { recursive: true });
    expect(await p.run([], env("b"))).toEqual({ s: "cached" });
    program(p, "b/tool", "echo two");
    expect((await p.vistas(["plan", "p.yaml"], env("b"))).stdout).toMatch(
      /s +run +run +program tool changed/,
    );
    expect((await p.vistas(["why", "p.yaml", "s"], env("b"))).stdout).toMatch(/- program tool changed/);
    expect(await p.run([], env("b"))).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe("two\n");
    expect(await p.run([], env("a"))).toEqual({ s: "cached" });
    const { stdout } = await p.vistas(["show", "p.yaml", "s", "--json"], env("a"));
    const { environment } = JSON.parse(stdout) as { environment: Record<string, string> };
    expect(Object.keys(environment).filter(name => name.startsWith("program "))).toEqual([
      "program sh",
      "program tool",
    ]);
  });

  it("is found in a lock's comparison and in the difference of two runs", async () => {
    const p = project("tool > ${{ outputs.o }}");
    program(p, "bin/tool", "echo one");
    const options = { env: { PATH: `${p.path("bin")}:${PATH}` } };
    await p.vistas(["reproduce", "p.yaml", "--update"], options);
    program(p, "bin/tool", "echo two");
    const { stdout } = await p.vistas(["reproduce", "p.yaml"], options);
    expect(stdout).toMatch(/s has other bytes in o: program tool changed/);
    const runs = (await p.vistas(["runs", "p.yaml", "--json"], options)).stdout;
    const ids = (JSON.parse(runs) as { id: string }[]).map(({ id }) => id);
    expect((await p.vistas(["diff", ids[1] ?? "", ids[0] ?? ""], options)).stdout).toMatch(/program tool/);
  });
});

it("a program that changes while the step runs fails it, and nothing is recorded", async () => {
  const p = project("tool > ${{ outputs.o }}; mv $BIN/next $BIN/tool");
  p.write("p.yaml", p.read("p.yaml").concat(`    env: { BIN: ${p.path("bin")} }\n`));
  program(p, "bin/tool", "echo one");
  program(p, "bin/next", "echo two");
  const options = { env: { PATH: `${p.path("bin")}:${PATH}` } };
  const { ends } = await p.runEvents([], { ...options, code: 1 });
  expect(ends[0]?.error).toMatch(/program tool changed while the step ran/);
  renameSync(p.path("bin/tool"), p.path("bin/next"));
  program(p, "bin/tool", "echo one");
  expect((await p.vistas(["plan", "p.yaml"], options)).stdout).not.toMatch(/unchanged/);
});
