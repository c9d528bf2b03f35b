import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
params: { word: hello }
steps:
  a: { run: "echo \${{ params.word }} > \${{ outputs.o }}", outputs: { o: a.txt } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: b.txt } }
  c: { run: "cat \${{ inputs.b }} > \${{ outputs.o }}", inputs: { b: b }, outputs: { o: c.txt } }
`;

describe("a call that is wrong exits 2, says what is wrong with the user's words, and changes nothing", () => {
  const p = new Project({ "p.yaml": PIPELINE, "p.json": "{}", "folder/note.txt": "" });
  it.each<[string, readonly string[], string, string]>([
    ["a folder that is not there", ["--cwd", "/none", "plan"], "bad-option", "--cwd /none does not exist"],
    ["a file for a folder", ["--cwd", "p.yaml", "plan"], "bad-option", "--cwd p.yaml is not a folder"],
    ["a store that is a file", ["--root", "p.json", "plan", "p.yaml"], "bad-root", "it is a file"],
    ["a store below a file", ["--root", "p.json/x", "run", "p.yaml"], "bad-root", "p.json` is a file"],
    ["a pipeline by another ending", ["run", "p.json"], "no-such-file", "`p.json` is no pipeline"],
    ["a folder for a pipeline", ["run", "folder"], "no-such-file", "`folder` is no pipeline"],
    ["a pipeline without its ending", ["run", "p"], "no-such-file", "did you mean `p.yaml`?"],
    [
      "a step without a pipeline",
      ["run", "a"],
      "no-such-file",
      "write the pipeline before the step; there is `p.yaml`",
    ],
    ["no pipeline at all", ["plan"], "no-such-file", "there is `p.yaml`"],
    [
      "a step before the pipeline",
      ["run", "a", "p.yaml"],
      "bad-selection",
      "the pipeline comes first: p.yaml a",
    ],
    ["two pipelines", ["plan", "p.yaml", "q.yaml"], "bad-selection", "name one pipeline"],
    [
      "a step forced that is not selected",
      ["run", "p.yaml", "a", "--force", "b"],
      "unknown-selection",
      "select it as well: a b",
    ],
  ])("%s", async (_what, args, code, words) => {
    const called = await p.vistas(args);
    expect(called.stderr).toContain(`[${code}]`);
    expect(called.stderr).toContain(words);
    expect(called.stderr).not.toContain("verify");
    expect(called.code).toBe(2);
    expect(called.stdout).toBe("");
  });
});

describe("--force", () => {
  it("makes again what is named or selected, and not what that is made from", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    await p.run();
    expect(await p.run(["b", "--force"])).toEqual({ a: "cached", b: "ran" });
    expect(await p.run(["b+", "--force"])).toEqual({ a: "cached", b: "ran", c: "ran" });
    expect(await p.run(["c", "--force", "a"])).toEqual({ a: "ran", b: "cached", c: "cached" });
    expect(await p.run(["a", "c", "--force"])).toEqual({ a: "ran", b: "cached", c: "ran" });
    expect(await p.run(["--force"])).toEqual({ a: "ran", b: "ran", c: "ran" });
  });
});

describe("a pipeline that is named without its folder", () => {
  it("is the one in pipelines/, for every verb, unless there is one here", async () => {
    const p = new Project({ "pipelines/mine.yaml": PIPELINE });
    expect(await p.vistas(["run", "mine.yaml", "-q", "-j", "1", "a"])).toMatchObject({ code: 0 });
    const called = await p.vistas(["show", "mine.yaml", "a", "--json"]);
    expect(JSON.parse(called.stdout)).toMatchObject({ id: "a" });
    expect((await p.vistas(["runs", "mine.yaml"])).stdout).toContain("pipelines/mine.yaml");
    expect((await p.vistas(["run", "-n", "mine.yaml"])).stdout).toContain("1 cached, 1 to run");
    expect((await p.vistas(["show", "other.yaml", "a"])).stderr).toContain("there is no `other.yaml`");
  });
});

describe("the schema beside the pipelines", () => {
  it("is what `vistas schema` prints: `npm run schema` writes it", async () => {
    const file = fileURLToPath(new URL("../../../pipelines/pipeline.schema.json", import.meta.url));
    const { stdout } = await new Project().vistas(["schema"]);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(stdout));
  });
});
