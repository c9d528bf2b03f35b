/** Wrong hits by environment, through the command line: a program that a line starts in one way or another changes. */
import { chmodSync, mkdirSync } from "node:fs";
import process from "node:process";
import { expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

class Machine extends Project {
  constructor(run: string, more = "", files: Readonly<Record<string, string>> = {}) {
    super({
      "p.yaml": `steps:\n  s:\n    run: ${JSON.stringify(run)}\n    outputs: { o: o }\n${more}`,
      ...files,
    });
    mkdirSync(this.path("bin"));
  }

  program(path: string, text: string): this {
    this.write(path, `#!/bin/sh\n${text}\n`);
    chmodSync(this.path(path), 0o755);
    return this;
  }

  get options() {
    return { env: { PATH: `${this.path("bin")}:${process.env["PATH"] ?? ""}` } };
  }
}

const O = "${{ outputs.o }}";

it.each([
  `timeout 5 tool > ${O}`,
  `x=$(tool); echo "$x" > ${O}`,
  `case a in a) tool > ${O};; esac`,
  `eval "tool" > x; cp x ${O}`,
  `T=tool; $T > ${O}`,
  `echo 1 | xargs -I{} sh -c 'tool' > ${O}`,
  `sh > ${O} <<E\ntool\nE`,
  `anything tool > ${O}`,
])("the program of %j reruns the step when it changes, and only then", async run => {
  const m = new Machine(run).program("bin/tool", "echo one").program("bin/anything", '"$@"');
  expect(await m.run([], m.options)).toEqual({ s: "ran" });
  m.program("bin/unrelated", "echo");
  expect(await m.run([], m.options)).toEqual({ s: "cached" });
  m.program("bin/tool", "echo two");
  expect((await m.vistas(["why", "p.yaml", "s"], m.options)).stdout).toMatch(/program tool changed/);
  expect(await m.run([], m.options)).toEqual({ s: "ran" });
  expect(await m.output("s", "o")).toBe("two\n");
});

it("a clone of the project in another folder finds the results of the first", async () => {
  const files = { "s.sh": "tool\n" };
  const [a, b] = [1, 2].map(() => new Machine(`sh ./s.sh > ${O}`, "    inputs: { s: ./s.sh }\n", files));
  const root = a?.path("store") ?? "";
  for (const m of [a, b]) m?.program("bin/tool", "echo one");
  expect(await a?.run(["--root", root], a.options)).toEqual({ s: "ran" });
  expect(await b?.run(["--root", root], b.options)).toEqual({ s: "cached" });
});
