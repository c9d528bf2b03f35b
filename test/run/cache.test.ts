import { cpSync, rmSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
params: { word: hello }
steps:
  a:
    run: [sh, "\${{ inputs.script }}", "\${{ params.word }}", "\${{ outputs.out }}"]
    inputs: { script: ./write.sh }
    outputs: { out: a.txt }
  b:
    run: 'cat "\${{ inputs.left }}" "\${{ inputs.right }}" > "\${{ outputs.out }}"'
    inputs: { left: a, right: ./b.txt }
    outputs: { out: b.txt }
    env: [MODE]
  c:
    run: wc -c < \${{ inputs.text }} > \${{ outputs.out }}
    inputs: { text: b.out }
    outputs: { out: c.txt }
`;

const project = (text = PIPELINE): Project =>
  new Project({ "p.yaml": text, "write.sh": 'printf "%s\\n" "$1" > "$2"\n', "b.txt": "bee\n" });

const all = (outcome: string): Record<string, string> => ({ a: outcome, b: outcome, c: outcome });

describe("running again", () => {
  it("does nothing when nothing changed", async () => {
    const p = project();
    expect(await p.run()).toEqual(all("ran"));
    expect(await p.output("b", "out")).toBe("hello\nbee\n");
    expect(await p.run()).toEqual(all("cached"));
  });

  it("reruns what a param reaches, and finds the old results when it is set back", async () => {
    const p = project();
    await p.run();
    expect(await p.run(["--set", "word=other"])).toEqual(all("ran"));
    expect(await p.run()).toEqual(all("cached"));
    expect(await p.run(["--set", "word=other"])).toEqual(all("cached"));
  });

  it("stops where the bytes are the same again (early cutoff)", async () => {
    const p = project();
    await p.run();
    p.write("b.txt", "eeb\n");
    // b's bytes differ, their count does not: c runs and gives what it gave; b's change went no further.
    expect(await p.run()).toEqual({ a: "cached", b: "ran", c: "ran" });
    p.write("write.sh", '# says the same\nprintf "%s\\n" "$1" > "$2"\n');
    expect(await p.run()).toEqual({ a: "ran", b: "cached", c: "cached" });
  });

  it.each([
    ["a comment", PIPELINE.replace("steps:", "# a comment\nsteps: # more")],
    [
      "keys in another order",
      PIPELINE.replace(
        "    inputs: { left: a, right: ./b.txt }\n    outputs: { out: b.txt }\n",
        "    outputs: { out: b.txt }\n    inputs: { right: ./b.txt, left: a }\n",
      ),
    ],
    [
      "resources, timeout and retries",
      PIPELINE.replace(
        "    env: [MODE]",
        "    env: [MODE]\n    resources: { cpus: 2 }\n    timeout: 10m\n    retries: 3",
      ),
    ],
    ["a name and a description", `name: other\ndescription: text\n${PIPELINE}`],
  ])("is not moved by %s", async (_, changed) => {
    const p = project();
    await p.run();
    expect(changed).not.toBe(PIPELINE);
    p.write("p.yaml", changed);
    expect(await p.run()).toEqual(all("cached"));
  });

  it("is not moved by a step's new name", async () => {
    const p = project();
    await p.run();
    p.write("p.yaml", PIPELINE.replace("  a:\n", "  first:\n").replace("left: a,", "left: first,"));
    expect(await p.run()).toEqual({ first: "cached", b: "cached", c: "cached" });
  });

  it("is not moved by where the project lies", async () => {
    const p = project();
    await p.run();
    const copy = new Project();
    cpSync(p.folder, copy.folder, { recursive: true });
    rmSync(p.folder, { recursive: true });
    expect(await copy.run()).toEqual(all("cached"));
  });

  it.each([
    ["two roles swapped", PIPELINE.replace("left: a, right: ./b.txt", "left: ./b.txt, right: a")],
    ["an input removed", PIPELINE.replace("left: a, right: ./b.txt", "left: a, right: a")],
    ["an output's file name", PIPELINE.replace("out: b.txt", "out: bb.txt")],
    ["the command", PIPELINE.replace("run: 'cat ", "run: 'cat  ")],
    ["a variable more", PIPELINE.replace("[MODE]", "[MODE, OTHER]")],
  ])("reruns b after %s", async (_, changed) => {
    const p = project();
    await p.run();
    expect(changed).not.toBe(PIPELINE);
    p.write("p.yaml", changed);
    expect((await p.run())["b"]).toBe("ran");
  });

  it("reruns when a declared variable changes, and only then", async () => {
    const p = project();
    await p.run([], { env: { MODE: "x", OTHER: "1" } });
    expect(await p.run([], { env: { MODE: "x", OTHER: "2" } })).toEqual(all("cached"));
    expect(await p.run([], { env: { MODE: "y" } })).toEqual({ a: "cached", b: "ran", c: "cached" });
    expect(await p.run([], { env: { MODE: "" } })).toEqual({ a: "cached", b: "ran", c: "cached" });
    expect(await p.run([])).toEqual({ a: "cached", b: "ran", c: "cached" });
  });

  it("reruns a forced step, and what depends on it only if its bytes differ", async () => {
    const p = project();
    await p.run();
    expect(await p.run(["--force", "a"])).toEqual({ a: "ran", b: "cached", c: "cached" });
  });

  it("makes a key once in a run, forced or not", async () => {
    const twin = "{ run: 'echo x > ${{ outputs.o }}', outputs: { o: o.txt } }";
    const p = project(`steps:\n${["a", "b", "c"].map(name => `  ${name}: ${twin}\n`).join("")}`);
    for (const more of [[], ["--force"], ["--force", "--jobs", "1"]])
      expect(Object.values(await p.run(more)).sort()).toEqual(["cached", "cached", "ran"]);
  });
});

describe("a damaged store", () => {
  it("never serves a damaged object: it is reported, dropped and made again", async () => {
    const p = project();
    await p.run();
    const { outputs } = JSON.parse((await p.vistas(["show", "p.yaml", "b", "--json"])).stdout) as {
      outputs: { out: { path: string } };
    };
    rmSync(outputs.out.path);
    p.write(outputs.out.path.slice(p.folder.length), "hello\nbeX\n");
    const { outcomes, stderr } = await p.runEvents();
    expect(outcomes).toEqual({ a: "cached", b: "ran", c: "cached" });
    expect(stderr).toMatch(/b\.out is damaged in the store/);
    expect(await p.output("b", "out")).toBe("hello\nbee\n");
  });

  it("is whole again after everything but the pipeline was deleted", async () => {
    const p = project();
    await p.run();
    rmSync(p.path("artifacts", "objects"), { recursive: true });
    expect(await p.run()).toEqual(all("ran"));
    rmSync(p.path("artifacts"), { recursive: true });
    expect(await p.run()).toEqual(all("ran"));
  });
});
