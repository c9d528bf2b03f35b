/** Cases 19 and 29 of the workflow faults: what editors and tools leave in folders that are inputs. */
import { symlinkSync } from "node:fs";
import { expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const project = (): Project =>
  new Project({
    "p.yaml": `steps: { s: { run: "cat \${{ inputs.src }}/a.py > \${{ outputs.o }}", inputs: { src: ./src }, outputs: { o: o.txt } } }`,
    "src/a.py": "x=1\n",
  });

it("workflow 19: an editor's lock, a link that leads nowhere, does not stop a run", async () => {
  const p = project();
  symlinkSync("me@host.123", p.path("src/.#a.py"));
  expect(await p.run()).toEqual({ s: "ran" });
});

it("workflow 29: what running the tests once leaves in a source folder reruns nothing", async () => {
  const p = project();
  await p.run();
  p.write("src/__pycache__/a.cpython-311.pyc", "x").write(".vistasignore", "__pycache__/\n*.pyc\n");
  expect(await p.run()).toEqual({ s: "cached" });
});
