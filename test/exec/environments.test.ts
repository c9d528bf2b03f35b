/** `environment:` of a pipeline through the command line: what a program sees, what reruns, and what is said of it. */
import { readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { noPython, Venv } from "../rig/python.js";
import { Project } from "../rig/project.js";
import { describeOrSkip } from "../rig/skip.js";
import { mutateEnvironments, wrongHits } from "./environment-mutations.js";

const SEES =
  "import sys, os, numpy; print(numpy.VALUE, sys.prefix, [os.environ.get(n) for n in ('VIRTUAL_ENV', 'PYTHONPATH')])";

describeOrSkip("a virtual environment", noPython, () => {
  it("is what programs see; its packages are in the key; plan, why, show, diff and the lock name it", async () => {
    const p = new Project({
      "p.yaml": `
environment: { venv: ./.venv }
steps:
  s: { run: [python3, -c, "${SEES}"], outputs: {} }
  t: { run: "python3 -c '${SEES.replaceAll("'", '\\"')}' > \${{ outputs.o }}", outputs: { o: o } }
  u: { run: "echo > \${{ outputs.o }}", outputs: { o: o }, environment: none }
`,
    });
    const venv = new Venv(p.path(".venv"));
    venv.install("numpy", "1.26.4");
    const options = { env: { PYTHONPATH: p.path("elsewhere"), PYTHONHOME: "/nowhere" } };
    await p.vistas(["reproduce", "p.yaml", "--update"], options);
    expect(await p.output("t", "o")).toBe(`1.26.4 ${p.path(".venv")} ['${p.path(".venv")}', None]\n`);
    const { stdout: shown } = await p.vistas(["show", "p.yaml", "t", "--json"]);
    const { environment } = JSON.parse(shown) as { environment: Record<string, string> };
    expect(environment).toMatchObject({ environment: "./.venv", "package numpy": "1.26.4" });

    rmSync(`${venv.site}/numpy-1.26.4.dist-info`, { recursive: true });
    venv.install("numpy", "2.1.0");
    const moved = "numpy 1.26.4 -> 2.1.0 in ./.venv";
    const { stdout: planned } = await p.vistas(["plan", "p.yaml"]);
    expect(planned).toMatch(new RegExp(`s +run +run +${moved}\n`));
    expect(planned).toMatch(/u +run +cached/);
    expect((await p.vistas(["why", "p.yaml", "t"])).stdout).toContain(`- ${moved}`);
    const { stdout: reproduced } = await p.vistas(["reproduce", "p.yaml"]);
    expect(reproduced).toContain(`t has other bytes in o: ${moved}`);
    const ids = JSON.parse((await p.vistas(["runs", "p.yaml", "--json"])).stdout) as { id: string }[];
    const { stdout: diff } = await p.vistas(["diff", ids[1]?.id ?? "", ids[0]?.id ?? ""]);
    expect(diff).toMatch(/package numpy +1\.26\.4 +2\.1\.0/);
    expect(readFileSync(p.path("p.lock.json"), "utf8")).toContain('"in":"./.venv"');
  });

  it("of the same path in two projects is two environments", async () => {
    const text = `environment: { venv: ./.venv }
steps:
  s: { run: "python3 -c 'import own; print(own.VALUE)' > \${{ outputs.o }}", outputs: { o: o } }
`;
    const p = new Project({
      "p.yaml": `${text}  b: { pipeline: ./sub/b.yaml }\n`,
      "sub/b.yaml": text,
    });
    new Venv(p.path(".venv")).install("own", "1.0");
    new Venv(p.path("sub", ".venv")).install("own", "2.0");
    expect(await p.run()).toEqual({ s: "ran", "b/s": "ran" });
    expect(await p.output("s", "o")).toBe("1.0\n");
    expect(await p.output("b/s", "o")).toBe("2.0\n");
  });

  it("keys differ wherever a program sees something else (random changes)", async () => {
    const numbers = fc.sample(fc.nat(), { numRuns: 400, seed: 14 });
    let at = 0;
    const states = await mutateEnvironments(12, n => (numbers[at++ % numbers.length] ?? 0) % n);
    expect(wrongHits(states)).toEqual([]);
  });
});

describe("mistakes", () => {
  it("are named at their places, with what to write", async () => {
    const p = new Project({
      "p.yaml": `
environment: { container: "python:3.12" }
templates: { t: { run: x, environment: { uv: ./uv.lock, groups: [g] } } }
steps:
  a: { run: x, environment: { venv: ./.venv } }
  b: { run: x, environment: { conda: /no/where, uv: ./uv.lock } }
  c: { run: x, environment: { uv: ./uv.lock, dev: true } }
  d: { run: x, environment: .venv }
  f: { extends: t, environment: { conda: ./envs } }
  e: { run: x, environment: { uv: ./uv.lock } }
`,
    });
    const { stderr, code } = await p.vistas(["validate", "p.yaml"]);
    expect(code).toBe(2);
    for (const line of [
      "p.yaml:2:27: error[bad-environment]: the image `python:3.12` has a tag, which may mean another image tomorrow",
      "p.yaml:5:37: error[missing-environment]: there is no virtual environment `./.venv`",
      "help: make it: `python3 -m venv ./.venv && ./.venv/bin/pip install ...`",
      "p.yaml:6:29: error[bad-environment]: `environment` has `uv` and `conda`, and a step runs in one",
      "p.yaml:7:51: error[bad-environment]: `dev` belongs to `npm`",
      "p.yaml:8:29: error[wrong-value]: an environment is one of",
      "p.yaml:9:42: error[missing-environment]: there is no conda environment `./envs`",
      "p.yaml:10:35: error[missing-environment]: there is no lock `./uv.lock`",
      "help: make it: `uv lock`",
    ])
      expect(stderr).toContain(line);
  });
});
