/** An axis that another step makes: what runs, what stays, and what everybody is told before the list is known. */
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";
import { brief, mistakes } from "../spec/support.js";

const PIPELINE = `
params: { names: '["b", "a", 3]' }
steps:
  split: { run: "printf '%s' \${{ params.names }} > \${{ outputs.names }}", outputs: { names: n.json } }
  work:
    run: "echo \${{ matrix.shard }} > \${{ outputs.o }}; test \${{ matrix.shard }} != bad"
    outputs: { o: o }
    matrix: { shard: { from: split.names } }
  after: { run: "cat \${{ inputs.o }} > \${{ outputs.o }}", inputs: { o: work }, outputs: { o: o } }
  pair: { run: "cat \${{ inputs.w }} \${{ inputs.a }} > \${{ outputs.o }}", inputs: { w: work, a: after }, outputs: { o: o } }
  gather: { run: "cd \${{ inputs.o }}; ls | tr '\\\\n' ' ' > \${{ outputs.l }}", inputs: { o: pair.o }, outputs: { l: l }, over: [shard] }
`;

const names = (list: string): string[] => ["--set", `names=${list}`];

async function plan(p: Project, ...args: string[]): Promise<Record<string, string>> {
  const { stdout, stderr } = await p.vistas(["plan", "p.yaml", ...args, "--json"]);
  if (stdout === "") throw new Error(stderr);
  const { steps } = JSON.parse(stdout) as { steps: { id: string; status: string; reason: string }[] };
  return Object.fromEntries(steps.map(({ id, status, reason }) => [id, `${status}: ${reason}`]));
}

describe("an axis from an output", () => {
  it("is open until its list is made, then exact; a changed list runs what is new", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    const open = "pending: one for each of split.names, not known until split has run";
    expect(await plan(p)).toEqual({
      split: "run: no earlier result",
      ...{ "work[shard=*]": open, "after[shard=*]": open, "pair[shard=*]": open, gather: open },
    });
    expect(Object.keys(await p.run())).toHaveLength(11);
    expect(await p.output("gather", "l")).toBe("shard=3 shard=a shard=b ");
    const known = await plan(p);
    expect([Object.keys(known).length, known["pair[shard=a]"]]).toEqual([11, "cached: unchanged"]);
    expect(new Set(Object.values(await p.run()))).toEqual(new Set(["cached"]));

    expect(await p.run(names('["a","c"]'))).toEqual({
      ...{ split: "ran", "work[shard=a]": "cached", "after[shard=a]": "cached", "pair[shard=a]": "cached" },
      ...{ "work[shard=c]": "ran", "after[shard=c]": "ran", "pair[shard=c]": "ran", gather: "ran" },
    });
    const why = await p.vistas(["why", "p.yaml", "work[shard=c]", ...names('["a","c"]')]);
    expect(why.stdout).toContain("cached");
    expect((await p.vistas(["graph", "p.yaml"])).stdout).toContain("n0 --> n1");
  });

  it("selects and forces by label, also before the list is known", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    expect(await p.run(["work[shard=a]"])).toEqual({ split: "ran", "work[shard=a]": "ran" });
    expect(await p.run(["after[shard=a]", "--force", "work[shard=a]"])).toEqual({
      split: "cached",
      "work[shard=a]": "ran",
      "after[shard=a]": "ran",
    });
    const { outcomes, ends } = await p.runEvents(["work[shard=z]", "--force", "split"], { code: 1 });
    expect(outcomes).toEqual({ split: "ran", "work[shard=*]": "failed" });
    expect(ends.find(({ id }) => id === "work[shard=*]")?.error).toContain(
      "no instance of `work` matches `work[shard=z]`",
    );
    expect((await p.vistas(["plan", "p.yaml", "work[shard=z]"])).code).toBe(2);
  });

  it("of an empty list is nothing to do, which is no failure", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    const { outcomes, ends } = await p.runEvents(names("[]"));
    expect(outcomes).toEqual({
      split: "ran",
      ...{
        "work[shard=*]": "skipped",
        "after[shard=*]": "skipped",
        "pair[shard=*]": "skipped",
        gather: "skipped",
      },
    });
    expect(ends.at(-1)?.reason).toBe("nothing to do: split.names is an empty list");
    expect((await plan(p, ...names("[]")))["gather"]).toBe(
      "skipped: nothing to do: split.names is an empty list",
    );
  });

  it.each([
    ["{}", "`split.names` is an empty mapping, and no list"],
    ["nonsense", "is no JSON"],
    ["[1, 1]", "holds `1` twice"],
    ["[[1]]", "its values are texts, numbers"],
    ['["x=1"]', "cannot be a label"],
  ])("of %s fails the step at its place", async (list, message) => {
    const p = new Project({ "p.yaml": PIPELINE });
    const { outcomes, ends } = await p.runEvents([...names(list), "--keep-going"], { code: 1 });
    expect(outcomes).toMatchObject({ split: "ran", "work[shard=*]": "failed", gather: "skipped" });
    expect(ends.find(({ outcome }) => outcome === "failed")?.error).toMatch(/^p\.yaml:8:22: /);
    expect(ends.find(({ outcome }) => outcome === "failed")?.error).toContain(message);
  });

  it("leaves out what needs a failed producer or instance", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    const one = await p.run([...names('["a","bad"]'), "--keep-going"], { code: 1 });
    expect(one).toMatchObject({
      "work[shard=bad]": "failed",
      "pair[shard=a]": "ran",
      "pair[shard=bad]": "skipped",
      gather: "skipped",
    });
    p.write("p.yaml", PIPELINE.replace("printf", "false; printf"));
    expect(await p.run(["--keep-going"], { code: 1 })).toMatchObject({
      split: "failed",
      "work[shard=*]": "skipped",
      gather: "skipped",
    });
  });

  it("may differ from place to place, come out of another, and be a key of metrics", async () => {
    const p = new Project({
      "p.yaml": `
steps:
  top:
    run: "printf '{\\"n\\": 2, \\"deep\\": {\\"l\\": [%s]}}' '\${{ matrix.s }}, 9' > \${{ outputs.metrics }}"
    outputs: { metrics: m.json }
    matrix: { s: [1, 2] }
  mid:
    run: "echo '[\\"x\${{ matrix.k }}\\"]' > \${{ outputs.l }}"
    outputs: { l: l.json }
    matrix: { k: { from: top.deep.l } }
  low: { run: "echo \${{ matrix.j }} > \${{ outputs.o }}", outputs: { o: o }, matrix: { j: { from: mid } } }
  all: { run: "cat \${{ inputs.o }}/* > \${{ outputs.o }}", inputs: { o: low }, outputs: { o: o }, over: [j, k] }
`,
    });
    const outcomes = await p.run();
    expect(Object.keys(outcomes).sort()).toEqual([
      ...[
        "all[s=1]",
        "all[s=2]",
        "low[j=x1,k=1,s=1]",
        "low[j=x2,k=2,s=2]",
        "low[j=x9,k=9,s=1]",
        "low[j=x9,k=9,s=2]",
      ],
      ...["mid[k=1,s=1]", "mid[k=2,s=2]", "mid[k=9,s=1]", "mid[k=9,s=2]", "top[s=1]", "top[s=2]"],
    ]);
    expect(await p.output("all[s=2]", "o")).toBe("x2\nx9\n");
  });

  it("must name an output that there is, of a step that comes before", async () => {
    const text = (ref: string): string => `
steps:
  a: { run: "echo > \${{ outputs.x }}; echo > \${{ outputs.y }}", outputs: { x: x, y: y } }
  b: { run: "echo \${{ matrix.s }} > \${{ outputs.o }}", outputs: { o: o }, matrix: { s: { from: ${ref} } } }
`;
    const found = async (ref: string): Promise<string[]> => (await mistakes(text(ref))).map(brief);
    expect(await found("a")).toEqual(["unknown-output 4:96"]);
    expect(await found("a.z")).toEqual(["unknown-output 4:96"]);
    expect(await found("c.x")).toEqual(["unknown-step 4:96"]);
    expect(await found("b.o")).toEqual(["cycle 4:88"]);
  });
});
