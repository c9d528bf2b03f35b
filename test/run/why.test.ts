import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
params: { frac: 0.7, fail: 0 }
steps:
  split: { run: "echo \${{ params.frac }} > \${{ outputs.o }}", outputs: { o: o.txt } }
  other: { run: "test \${{ params.fail }} = 0 && echo x > \${{ outputs.o }}", outputs: { o: o.txt } }
  train: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: split }, outputs: { o: o.txt } }
  eval: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: train }, outputs: { o: o.txt } }
`;

/** Reasons of `plan` by instance. */
async function reasons(p: Project, ...args: string[]): Promise<Record<string, string>> {
  const { stdout, stderr } = await p.vistas(["plan", ...args, "--json"]);
  if (stdout === "") throw new Error(stderr);
  const { steps } = JSON.parse(stdout) as { steps: { id: string; reason: string }[] };
  return Object.fromEntries(steps.map(({ id, reason }) => [id, reason]));
}

describe("a step that waits", () => {
  it("names the cause upstream, through several levels, in plan and why", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    expect((await reasons(p, "p.yaml", "eval"))["eval"]).toBe(
      "waits for train; split runs: no earlier result",
    );
    await p.run(["eval"]);
    const set = ["--set", "frac=0.9"];
    expect(await reasons(p, "p.yaml", "eval", ...set)).toEqual({
      split: "params.frac 0.7 -> 0.9",
      train: "waits for split; split reruns: params.frac 0.7 -> 0.9",
      eval: "waits for train; split reruns: params.frac 0.7 -> 0.9",
    });
    const why = await p.vistas(["why", "p.yaml", "eval", ...set]);
    expect(why.stdout).toContain("split reruns: params.frac 0.7 -> 0.9");
    const answer = JSON.parse(
      (await p.vistas(["why", "p.yaml", "eval", "--json", ...set])).stdout,
    ) as unknown;
    expect(answer).toMatchObject({ causes: [{ id: "split", reason: "params.frac 0.7 -> 0.9" }] });
  });
});

describe("the reason of a step that runs", () => {
  it("is that there is no earlier result where only other steps or other pipelines had any", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    await p.run();
    p.write("q.yaml", PIPELINE.replace("echo", "printf"));
    expect((await reasons(p, "q.yaml"))["split"]).toBe("no earlier result");
    p.write("p.yaml", `${PIPELINE}  fresh: { run: "echo 1 > \${{ outputs.o }}", outputs: { o: f.txt } }\n`);
    expect((await reasons(p, "p.yaml"))["fresh"]).toBe("no earlier result");
  });

  it("of a new place on an axis is that it is new, and why shows how it differs from a sibling", async () => {
    const sweep = (values: string): string =>
      `steps: { s: { run: "echo \${{ matrix.v }} > \${{ outputs.o }}", matrix: { v: ${values} }, outputs: { o: o.txt } } }\n`;
    const p = new Project({ "p.yaml": sweep("[1, 2]") });
    await p.run();
    p.write("p.yaml", sweep("[1, 2, 3]"));
    expect((await reasons(p, "p.yaml"))["s[v=3]"]).toBe("no earlier result");
    const { stdout } = await p.vistas(["why", "p.yaml", "s[v=3]"]);
    expect(stdout).toContain("no earlier result");
    expect(stdout).toMatch(/echo '1' .* -> echo '3'/);
  });

  it("is the failure where the same was tried and failed", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    await p.run(["other", "--set", "fail=3"], { code: 1 });
    expect((await reasons(p, "p.yaml", "other", "--set", "fail=3"))["other"]).toMatch(/^failed last time: /);
    expect((await reasons(p, "p.yaml", "other"))["other"]).toBe("no earlier result");
  });
});
