/** `vistas shell`: a folder as a step sees it. */
import { chmodSync, existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

describe("vistas shell", () => {
  it("runs a command, or $SHELL, where the step would run, passes on how it ended, and records nothing", async () => {
    const p = new Project({
      "tool/s.sh": "cat $1 > $2; pwd > where; exit $3\n",
      "p.yaml": `steps:
  up: { run: "echo up \${{ matrix.n }} > \${{ outputs.o }}", outputs: { o: o.csv }, matrix: { n: [1, 2] } }
  s:
    run: [sh, "\${{ inputs.script }}", "\${{ inputs.u }}/n=1.csv", "\${{ outputs.o }}", "3"]
    inputs: { u: up, script: ./tool/s.sh }
    over: [n]
    outputs: { o: sub/o.csv }
    env: { WORD: hello }
    secrets: [TOKEN]
`,
    });
    const shell = (args: readonly string[], env = {}) =>
      p.vistas(["shell", "p.yaml", ...args], { env: { TOKEN: "s3cret-value", OTHER: "x", ...env } });
    const ls = [
      "s",
      "--",
      "sh",
      "-c",
      "find .. -type f; echo $WORD $TOKEN $OTHER; ls -d ../outputs/*; exit 7",
    ];
    const early = await shell(ls);
    expect([early.code, early.stderr]).toEqual([2, expect.stringContaining("vistas run p.yaml 'up[n=1]'")]);
    await p.run(["up"]);
    const there = await shell(ls);
    expect([there.code, there.stdout.split("\n").sort(), there.stderr]).toEqual([
      7,
      [
        "../inputs/u/n=1.csv",
        "../inputs/u/n=2.csv",
        "../outputs/sub",
        "../work/tool/s.sh",
        "hello s3cret-value",
      ],
      "",
    ]);
    // A pipeline's name, an option, what is no program: all of them are the command's.
    expect((await shell(["s", "--", "echo", "q.yaml", "--failed"])).stdout).toBe("q.yaml --failed");
    expect((await shell(["s", "--", "no-such-program"])).code).toBe(127);
    expect((await shell(["s", "--", "sh", "-c", "kill -TERM $$"])).code).toBe(143);
    expect((await shell(["up"])).stderr).toContain("`up[n=1]` or `up[n=2]`");
    p.write("sh", "#!/bin/sh\necho my shell in $(basename $PWD)\nsleep 60 & exit 4\n");
    chmodSync(p.path("sh"), 0o755);
    const own = await shell(["up[n=2]"], { SHELL: p.path("sh") });
    expect([own.code, own.stdout]).toEqual([4, "my shell in work"]);
    expect(own.stderr).toContain("its command: /bin/sh -e -c");
    expect(readdirSync(p.path("artifacts/work"))).toEqual([]);
    expect(readdirSync(p.path("artifacts/runs"))).toHaveLength(1);

    expect((await shell(["s", "--failed"])).stderr).toContain("nothing-kept");
    await p.run([], { code: 1, env: { TOKEN: "s3cret-value" } });
    const failed = await shell([
      "s",
      "--failed",
      "--",
      "sh",
      "-c",
      "cat where ../outputs/sub/o.csv; echo $TOKEN",
    ]);
    expect(failed.stdout).toMatch(/artifacts\/work\/.*\/work\nup 1\ns3cret-value$/);
    const keptHere = await shell(["s", "--keep", "--", "touch", "new"]);
    const [, place = ""] = /gc`: (.*)$/m.exec(keptHere.stderr) ?? [];
    expect(existsSync(`${place}/work/new`)).toBe(true);
    await p.vistas(["gc", "p.yaml"]);
    expect(existsSync(place)).toBe(false);
  });
});
