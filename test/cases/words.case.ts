import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const A = 'steps: { a: { run: "echo a > ${{ outputs.o }}", outputs: { o: o.txt } } }\n';

describe("workflow", () => {
  it("26: a wrong call exits 2 and talks about the user's path", async () => {
    const p = new Project({ "p.yaml": A, f: "" });
    await p.run();
    for (const args of [
      ["--cwd", "/nonexistent", "run", "p.yaml"],
      ["--cwd", "f", "run", "p.yaml"],
      ["checkout", "p.yaml", "a", "f"],
    ]) {
      const { code, stderr } = await p.vistas(args);
      expect([args.join(" "), code]).toEqual([args.join(" "), 2]);
      expect(stderr).not.toContain("verify --repair");
    }
  });

  it("30: run b --force makes b again and not what it is made from", async () => {
    const p = new Project({
      "p.yaml": `steps:
  a: { run: "echo a > \${{ outputs.o }}", outputs: { o: a.txt } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: b.txt } }
`,
    });
    await p.run();
    expect(await p.run(["b", "--force"])).toEqual({ a: "cached", b: "ran" });
  });

  it("35: messages send the user the right way", async () => {
    const p = new Project({ "data/s0.csv": "1\n", "cafe\u0301.txt": "", "p.json": "{}" });
    const input = async (path: string): Promise<string> => {
      const step = {
        run: "cat ${{ inputs.f }} > ${{ outputs.o }}",
        inputs: { f: path },
        outputs: { o: "o" },
      };
      p.write("p.yaml", JSON.stringify({ steps: { a: step } }));
      return (await p.vistas(["run", "p.yaml"])).stderr;
    };
    expect(await input("./data/*.csv")).not.toContain("did you mean");
    expect(await input("./caf\u00e9.txt")).toContain("Unicode");
    expect(await input(p.folder)).not.toMatch(/holds\/.*does not exist/);
    expect((await p.vistas(["run", "p.json"])).stderr).toContain("p.json");
    expect((await p.vistas(["init", "new dir"])).stdout).not.toMatch(/(cd|run) new dir/);
    p.write("w.yaml", 'steps: { a: { run: "echo hi > table.csv", outputs: { o: table.csv } } }\n');
    expect((await p.vistas(["run", "w.yaml"])).stderr).toContain("wrote ./table.csv into its working folder");
  });
});

describe("attack", () => {
  it("10: a pipeline, params file or lock that is a device or a pipe is refused at once", async () => {
    const p = new Project({ "ok.yaml": A });
    symlinkSync("/dev/zero", p.path("z.yaml"));
    execFileSync("mkfifo", [p.path("f.yaml"), p.path("ok.lock.json")]);
    for (const args of [
      ["validate", "z.yaml"],
      ["validate", "f.yaml"],
      ["plan", "ok.yaml", "--params", "/dev/zero"],
      ["reproduce", "ok.yaml"],
      ["gc", "ok.yaml"],
    ])
      expect([args.join(" "), (await p.vistas(args)).code]).toEqual([args.join(" "), 2]);
  });

  it("13: a pipeline that is a link out of the project is not quoted", async () => {
    const p = new Project();
    mkdirSync(p.path("proj"));
    writeFileSync(p.path("credentials"), "aws_secret_access_key=TOPSECRETLINE\n");
    symlinkSync(join("..", "credentials"), p.path("proj", "p.yaml"));
    const { code, stdout, stderr } = await p.vistas(["validate", "p.yaml"], {
      cwd: dirname(p.path("proj", "p.yaml")),
    });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain("TOPSECRETLINE");
  });
});
