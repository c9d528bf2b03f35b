/** A wrong hit by environment, with real interpreters: none of these changes is in a file that the pipeline names. */
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import process from "node:process";
import { expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
steps:
  words: { run: [python3, "\${{ inputs.s }}", "\${{ outputs.o }}"], inputs: { s: ./s.py }, outputs: { o: o } }
  line: { run: "python3 \${{ inputs.s }} \${{ outputs.o }}", inputs: { s: ./s.py }, outputs: { o: o } }
`;
const SCRIPT = "import sys, numpy; open(sys.argv[1], 'w').write(numpy.__version__)\n";
const both = (outcome: string) => ({ words: outcome, line: outcome });

/** A project with virtual environments in which numpy is no more than its version. */
class Environments extends Project {
  constructor(...names: string[]) {
    super({ "p.yaml": PIPELINE, "s.py": SCRIPT });
    for (const name of names) execFileSync("python3", ["-m", "venv", "--without-pip", this.path(name)]);
  }

  numpy(name: string, version: string): void {
    const site = this.site(name);
    rmSync(this.path(site), { recursive: true, force: true });
    mkdirSync(this.path(site), { recursive: true });
    this.write(`${site}/numpy/__init__.py`, `__version__ = "${version}"\n`);
    this.write(`${site}/numpy-${version}.dist-info/METADATA`, `Name: numpy\nVersion: ${version}\n`);
  }

  site(name: string): string {
    const python = this.path(name, "bin", "python3");
    const code = "import sysconfig; print(sysconfig.get_path('purelib'))";
    return execFileSync(python, ["-c", code], { encoding: "utf8" })
      .trim()
      .slice(this.folder.length + 1);
  }

  in(name: string) {
    return { env: { PATH: `${this.path(name, "bin")}:${process.env["PATH"] ?? ""}` } };
  }
}

it("another numpy, in place and in another environment first on PATH, reruns; the same one elsewhere does not", async () => {
  const p = new Environments("a", "b");
  p.numpy("a", "1.26.4");
  p.numpy("b", "1.26.4");
  expect(await p.run([], p.in("a"))).toEqual(both("ran"));
  expect(await p.run([], p.in("b"))).toEqual(both("cached"));
  p.numpy("b", "2.1.0");
  expect((await p.vistas(["plan", "p.yaml"], p.in("b"))).stdout).toMatch(/numpy 1\.26\.4 -> 2\.1\.0/);
  p.numpy("a", "2.1.0");
  expect(await p.run([], p.in("a"))).toEqual(both("ran"));
  expect(await p.output("line", "o")).toBe("2.1.0");
  expect(await p.run([], p.in("b"))).toEqual(both("cached"));
  renameSync(p.path("a"), p.path("c"));
  expect(await p.run([], p.in("c"))).toEqual(both("cached"));
});

it("a folder that a .pth file adds counts by its modules", async () => {
  const p = new Environments("a");
  p.numpy("a", "1.0");
  p.write("more/helper.py", "x = 1\n").write(`${p.site("a")}/more.pth`, `${p.path("more")}\n`);
  await p.run([], p.in("a"));
  p.write("more/__pycache__/helper.pyc", "").write("more/README", "");
  expect(await p.run([], p.in("a"))).toEqual(both("cached"));
  p.write("more/helper.py", "x = 2\n");
  expect((await p.vistas(["plan", "p.yaml"], p.in("a"))).stdout).toMatch(/package helper\.py changed/);
});

it("what adds to the path counts although it was not there, or said something else, when Python was asked", async () => {
  const p = new Environments("a");
  p.numpy("a", "1.0");
  p.write(`${p.site("a")}/later.pth`, `${p.path("later")}\nimport _leads\n`);
  p.write(`${p.site("a")}/_leads.py`, "import sys\n").write("other/second.py", "x = 1\n");
  await p.run([], p.in("a"));
  // The second time from memory.
  expect(await p.run([], p.in("a"))).toEqual(both("cached"));
  p.write("later/first.py", "x = 1\n");
  expect((await p.vistas(["plan", "p.yaml"], p.in("a"))).stdout).toMatch(/package first\.py added/);
  await p.run([], p.in("a"));
  p.write(`${p.site("a")}/_leads.py`, `import sys; sys.path.append("${p.path("other")}")\n`);
  expect((await p.vistas(["why", "p.yaml", "line"], p.in("a"))).stdout).toMatch(/package second\.py added/);
});
