/** Cases of checkout, gc and copying; some write gigabytes, and take as long. */
import { describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { reseal } from "../faults/mutations.js";
import { resultId } from "../../runner/store/records/result-id.js";
import type { StepRecord } from "../../runner/core/record.js";
import { Project } from "../rig/project.js";

const project = (step: string): Project => new Project({ "p.yaml": `steps:\n  ${step}\n` });
const called = async (p: Project, ...words: string[]): Promise<void> => {
  const { code, stderr } = await p.vistas(words);
  if (code !== 0) throw new Error(`${words.join(" ")} exited ${code}: ${stderr}`);
};

describe("workflow", () => {
  it("13: a folder that was checked out with more files is what the artifact is now", async () => {
    const p = new Project({
      "p.yaml": `params: { n: 3 }
steps:
  d: { run: "mkdir \${{ outputs.o }}; for i in $(seq \${{ params.n }}); do echo $i > \${{ outputs.o }}/f$i; done", outputs: { o: out } }
`,
    });
    await p.run();
    await called(p, "checkout", "p.yaml", "d", "co");
    await p.run(["--set", "n=1"]);
    await called(p, "checkout", "p.yaml", "d", "co");
    expect(readdirSync(p.path("co/out"))).toEqual(["f1"]);
  });

  it("15: a file of more than 2 GiB comes out a second time", async () => {
    const p = project('b: { run: "truncate -s 2200M ${{ outputs.o }}", outputs: { o: big.bin } }');
    await p.run();
    for (let i = 0; i < 2; i++) await called(p, "checkout", "p.yaml", "b", "out");
    expect(statSync(p.path("out/big.bin")).size).toBe(2200 * 2 ** 20);
  }, 600_000);

  it("16: a file takes the place of the folder that the output was", async () => {
    const p = project(
      'd: { run: "mkdir ${{ outputs.o }}; echo 1 > ${{ outputs.o }}/f", outputs: { o: out } }',
    );
    await p.run();
    await called(p, "checkout", "p.yaml", "d", "co");
    p.write("p.yaml", 'steps:\n  d: { run: "echo new > ${{ outputs.o }}", outputs: { o: out } }\n');
    await p.run();
    await called(p, "checkout", "p.yaml", "d", "co", "--force");
    expect(p.read("co/out")).toBe("new\n");
  });

  it("17: a name of 250 bytes comes out again", async () => {
    const name = "n".repeat(250);
    const p = project(
      `l: { run: "mkdir \${{ outputs.o }}; echo x > \${{ outputs.o }}/${name}", outputs: { o: d } }`,
    );
    await p.run();
    await called(p, "checkout", "p.yaml", "l", "out");
    expect(readdirSync(p.path("out/d"))).toEqual([name]);
  });

  it("22: 20,000 files take no more than three times what cp -r takes", async () => {
    const p = project(
      'm: { run: "cp -r ${{ inputs.s }} ${{ outputs.o }}", inputs: { s: ./src }, outputs: { o: d } }',
    );
    for (let i = 0; i < 20_000; i++) {
      if (i < 200) mkdirSync(p.path("src", `d${i}`), { recursive: true });
      writeFileSync(p.path("src", `d${i % 200}`, `f${i}`), `text ${i}\n`);
    }
    await p.run();
    const ratios: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const seconds = async (act: () => Promise<unknown>): Promise<number> => {
        const begun = performance.now();
        await act();
        return performance.now() - begun;
      };
      const copy = await seconds(() => execa("cp", ["-r", p.path("src"), p.path(`cp${turn}`)]));
      const checkout = await seconds(() => called(p, "checkout", "p.yaml", "m", `co${turn}`));
      ratios.push(checkout / copy);
    }
    expect(Math.min(...ratios)).toBeLessThan(3);
  }, 600_000);

  // A disk of its own can only be mounted by root.
  (process.getuid?.() === 0 ? it : it.skip)("27: gc makes room on a full disk", async () => {
    const p = new Project();
    mkdirSync(p.path("t"));
    await execa("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", p.path("t")]);
    try {
      p.write(
        "t/p.yaml",
        `params: { x: 1 }
steps:
  a: { run: "head -c 400k /dev/urandom > \${{ outputs.o }}; echo \${{ params.x }} >> \${{ outputs.o }}", outputs: { o: a.bin } }
`,
      );
      const call = (...words: string[]) => p.vistas(words, { cwd: p.path("t") });
      for (const x of [1, 2]) expect((await call("run", "p.yaml", "--set", `x=${x}`)).code).toBe(0);
      await execa("head", ["-c", "2M", "/dev/zero"], { stdout: { file: p.path("t/fill") }, reject: false });
      const { code, stdout, stderr } = await call("gc", "p.yaml", "--keep-last", "1");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/freed [1-9]/);
    } finally {
      await execa("umount", [p.path("t")]);
    }
  });

  it("33: Ctrl-C is heard while an input is copied to a step", async () => {
    const p = new Project({
      "p.yaml": `steps:
  gen: { run: "truncate -s 4G \${{ outputs.o }}", outputs: { o: big.bin } }
  use: { run: "wc -c < \${{ inputs.b }} > \${{ outputs.o }}", inputs: { b: gen }, outputs: { o: o.txt } }
`,
    });
    await p.run(["gen"]);
    const running = p.start(["run", "p.yaml"]);
    const work = p.path("artifacts/work");
    const isCopying = (): boolean =>
      existsSync(work) &&
      readdirSync(work)
        .flatMap(owner => readdirSync(join(work, owner)).map(attempt => join(work, owner, attempt)))
        .some(attempt => existsSync(join(attempt, "inputs", "b", "big.bin")));
    while (!isCopying() && running.exitCode === null) await pause(20);
    const begun = performance.now();
    running.kill("SIGINT");
    const { exitCode } = await running;
    // Where the disk shares blocks, there is nothing to interrupt.
    expect([0, 130]).toContain(exitCode);
    expect(performance.now() - begun).toBeLessThan(2000);
  }, 600_000);
});

describe("attack", () => {
  it("03: a record whose metric is not that of its artifact does not pass verify", async () => {
    const p = project(
      'b: { run: "echo \'{\\"acc\\": 0.5}\' > ${{ outputs.metrics }}", outputs: { metrics: m.json } }',
    );
    await p.run();
    const records = p.path("artifacts/records");
    const [file = ""] = readdirSync(records, { recursive: true, encoding: "utf8" }).filter(name =>
      name.endsWith(".json"),
    );
    reseal(body => {
      const forged = { ...body, metrics: { acc: 0.99 } } as unknown as StepRecord;
      const { outputs, metrics, curves } = forged;
      return { ...forged, result: resultId({ outputs, metrics, curves }) };
    })(join(records, file), []);
    expect(readFileSync(join(records, file), "utf8")).toContain("0.99");
    const { code, stdout } = await p.vistas(["verify"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("says acc 0.99, and m.json says 0.5")]);
  });
});
