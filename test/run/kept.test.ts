/** What failed attempts leave behind, and how one gets at it. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";

interface End {
  readonly id: string;
  readonly work?: string;
  readonly command?: string;
  readonly error?: string;
}

const kept = (p: Project): string[] =>
  existsSync(p.path("artifacts/failed")) ? readdirSync(p.path("artifacts/failed")).sort() : [];

async function ends(p: Project, args: readonly string[] = [], env = {}): Promise<Record<string, End>> {
  const { ends: all } = await p.runEvents(["--keep-going", ...args], { code: 1, env });
  return Object.fromEntries(all.map(end => [end.id, end as End]));
}

describe("a failed attempt", () => {
  it("leaves its folder and its command; rescue copies out what it wrote, and a success or a gc removes it", async () => {
    const p = new Project({
      "in/a b.txt": "input\n",
      "p.yaml": `params: { fail: true }
steps:
  train:
    run: |
      mkdir -p deep && echo model > deep/model.pt && chmod 444 deep/model.pt
      echo 'it''s partly' > \${{ outputs.log }}
      cat \${{ inputs.data }} "$WORD"
      if [ \${{ params.fail }} = true ]; then echo half > \${{ outputs.model }}.tmp; exit 3; fi
      echo > \${{ outputs.model }}
    inputs: { data: "./in/a b.txt" }
    outputs: { model: deep/model.pt, log: log.txt }
    env: { WORD: /dev/null }
  sweep:
    run: "echo \${{ matrix.n }} > o.txt; true \${{ outputs.o }}"
    outputs: { o: o.txt }
    matrix: { n: [1, 2] }
`,
    });
    const all = await ends(p);
    const { work = "", command = "" } = all["train"] ?? {};
    expect(kept(p)).toHaveLength(3);
    expect(work).toMatch(/artifacts\/failed\/train-[0-9a-f]{10}$/);
    const { exitCode, stdout } = await execa("/bin/sh", ["-c", command], { reject: false });
    expect([exitCode, stdout]).toEqual([3, "input"]);
    expect(all["sweep[n=1]"]?.error).toContain(
      "`o.txt` was written in the working folder, not at the output's path (write it to `${{ outputs.o }}`): " +
        "rescue it with `vistas rescue p.yaml 'sweep[n=1]' DIR`",
    );
    const [run = ""] = readdirSync(p.path("artifacts/runs"));
    expect(p.read(`artifacts/runs/${run}`)).toContain(JSON.stringify(work).slice(1, -1));

    const { stdout: listed } = await p.vistas(["rescue", "p.yaml", "train", "out"]);
    expect(listed.split("\n").map(file => file.slice(p.path("out/").length))).toEqual([
      "deep/model.pt.tmp",
      "log.txt",
      "deep/model.pt",
    ]);
    expect(p.read("out/deep/model.pt")).toBe("model\n");
    expect((await p.vistas(["rescue", "p.yaml", "sweep", "all"])).code).toBe(0);
    expect(p.read("all/n=2/o.txt")).toBe("2\n");
    // Nothing is overwritten, nothing recorded.
    expect((await p.vistas(["rescue", "p.yaml", "train", "out"])).stderr).toContain("would-overwrite");
    expect(readdirSync(p.path("artifacts/runs"))).toHaveLength(1);

    await p.run(["train", "--set", "fail=false"]);
    expect(existsSync(work)).toBe(false);
    expect((await p.vistas(["rescue", "p.yaml", "train", "x"])).stderr).toContain("nothing-kept");
    const { stdout: freed } = await p.vistas(["gc", "p.yaml", "--dry-run", "--json"]);
    expect(JSON.parse(freed)).toMatchObject({ failed: { count: 2 } });
    expect((await p.vistas(["verify", "p.yaml"])).code).toBe(0);
    expect((await p.vistas(["gc", "p.yaml"])).stdout).toContain("2 work folders of failed attempts");
    expect(kept(p)).toEqual([]);
  });

  it("is the newest of its instance; --keep-work says of which attempts the folder stays", async () => {
    const p = new Project({
      "p.yaml": `params: { n: 1 }
steps:
  s: { run: "echo \${{ params.n }} > w; echo \${{ params.n }} > \${{ outputs.o }}; exit \${{ params.n }}", outputs: { o: o }, retries: 1 }
  slow: { run: "echo > w; sleep 60; true \${{ outputs.o }}", outputs: { o: o }, timeout: 1s }
`,
    });
    await ends(p, ["s", "--keep-work", "never"]);
    expect(kept(p)).toEqual([]);
    await ends(p, ["s", "slow"]);
    const { s, slow } = await ends(p, ["s", "slow", "--set", "n=2"]);
    expect(kept(p)).toHaveLength(2);
    expect(readFileSync(join(s?.work ?? "", "work/w"), "utf8")).toBe("2\n");
    expect(existsSync(join(slow?.work ?? "", "work/w"))).toBe(true);
    await p.run(["s", "--set", "n=0", "--keep-work", "always"]);
    for (const file of ["work/w", "outputs/o"])
      expect(readFileSync(join(s?.work ?? "", file), "utf8")).toBe("0\n");
  });

  it("by Ctrl-C, or by a kill of vistas itself, leaves its folder as well", async () => {
    const p = new Project({});
    const arrive = await Gate.at(p.path("arrive"));
    p.write(
      "p.yaml",
      `steps:\n  s: { run: "echo half > \${{ outputs.o }}; echo > ${arrive.path}; sleep 60", outputs: { o: o } }\n`,
    );
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const running = p.start(["run", "p.yaml"]);
      await arrive.arrived();
      running.kill(signal);
      await running;
      expect((await p.vistas(["rescue", "p.yaml", "s", signal])).code).toBe(0);
      expect(p.read(`${signal}/o`)).toBe("half\n");
      await p.vistas(["gc", "p.yaml"]);
      expect(kept(p)).toEqual([]);
    }
  });

  it("has no secret in what vistas says of it, and is its owner's alone if the step has one", async () => {
    const p = new Project({
      "p.yaml": `steps:
  s: { run: "echo $TOKEN > note; exit 1", outputs: { o: o }, secrets: [TOKEN] }
`,
    });
    const { s } = await ends(p, [], { TOKEN: "s3cret-value-1" });
    expect(JSON.stringify(s)).not.toContain("s3cret");
    expect(statSync(s?.work ?? "").mode & 0o077).toBe(0);
    const { stdout } = await execa("grep", ["-rl", "s3cret", p.path("artifacts")], { reject: false });
    expect(stdout).toBe("");
    chmodSync(s?.work ?? "", 0o700);
  });
});
