import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
params: { audit: false, corpus: { kind: real } }
steps:
  make: { run: 'echo "{\\"a\\": \${{ matrix.seed }}}" > \${{ outputs.metrics }}', outputs: { metrics: m.json }, matrix: { seed: [0, 1, 2] } }
  big:
    run: "cp \${{ inputs.m }} \${{ outputs.metrics }}"
    inputs: { m: make }
    outputs: { metrics: m.json }
    when: "matrix.seed < 2 and params.corpus.kind == 'real'"
  after: { run: "cat \${{ inputs.m }} > \${{ outputs.o }}", inputs: { m: big }, outputs: { o: o } }
  all: { run: "cat \${{ inputs.m }}/* > \${{ outputs.o }}", inputs: { m: big }, outputs: { o: o }, over: [seed] }
  audit: { run: "cp \${{ inputs.m }} \${{ outputs.metrics }}", inputs: { m: big }, outputs: { metrics: m.json }, when: params.audit }
  end: { run: "ls \${{ inputs.m }} > \${{ outputs.o }}", inputs: { m: audit }, outputs: { o: o }, over: [seed] }
expect:
  - { metric: big.a, value: 0.5, over: [seed] }
  - { claim: paired, that: "mean(make.a - big.a) == 0" }
  - { metric: audit.a, value: 1, over: [seed] }
`;

describe("when", () => {
  it("leaves instances out, with what takes from them; a gathering step has those that there are", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    const first = await p.vistas(["run", "p.yaml", "all"]);
    expect(first.stderr).toContain("all: gathers 2 of 3 as m; left out by `when`: big[seed=2]");
    const { outcomes, events } = await p.runEvents();
    const skipped = Object.keys(outcomes).filter(id => outcomes[id] === "skipped");
    expect(skipped.sort()).toEqual([
      ...["after[seed=2]", "audit[seed=0]", "audit[seed=1]", "audit[seed=2]", "big[seed=2]", "end"],
    ]);
    expect(events.find(({ type }) => type === "run-end")).toMatchObject({
      outcome: "done",
      skipped: 6,
      failed: 0,
    });
    await p.vistas(["checkout", "p.yaml", "all", "all"]);
    expect(p.read("all/o")).toBe('{"a": 0}\n{"a": 1}\n');

    const plan = await p.vistas(["plan", "p.yaml", "--json"]);
    const { steps } = JSON.parse(plan.stdout) as {
      steps: { id: string; status: string; key: string | null }[];
    };
    expect(steps.filter(step => step.status === "skipped").map(({ id, key }) => [id, key])).toHaveLength(6);
    expect(steps.find(({ id }) => id === "end")).toEqual({
      ...{ id: "end", kind: "run", status: "skipped", key: null },
      reason: "all that it gathers as m is left out: audit[seed=0], audit[seed=1], audit[seed=2]",
    });

    // A step that is left out can be named as any other.
    expect(await p.run(["audit+"])).toEqual(
      Object.fromEntries(
        ["audit[seed=0]", "audit[seed=1]", "audit[seed=2]", "end"].map(id => [id, "skipped"]),
      ),
    );
    expect((await p.vistas(["why", "p.yaml", "audit[seed=0]"])).stdout).toContain(
      "`when` is false: params.audit",
    );
    const show = await p.vistas(["show", "p.yaml", "audit"]);
    expect([show.code, show.stderr]).toEqual([2, expect.stringContaining("it is left out")]);

    const reproduced = await p.vistas(["reproduce", "p.yaml", "--json"]);
    expect(reproduced.code).toBe(3);
    const { checks } = JSON.parse(reproduced.stdout) as { checks: unknown[] };
    expect(checks).toMatchObject([
      { ok: true, n: 2, note: expect.stringContaining("left out by `when`: big[seed=2]") as unknown },
      { ok: false, note: expect.stringContaining("nothing to pair with at seed=2") as unknown },
      { ok: false, note: expect.stringContaining("audit[seed=0] is left out") as unknown },
    ]);

    // The same keys as a matrix without them: nothing of what was there reruns.
    expect(await p.run(["--set", "audit=true"])).toMatchObject({
      ...{ "make[seed=2]": "cached", "after[seed=1]": "cached", all: "cached" },
      ...{ "audit[seed=0]": "cached", "audit[seed=2]": "skipped", end: "ran" },
    });
    p.write("p.yaml", PIPELINE.replace("[0, 1, 2]", "[0, 1]").replace(/when: "matrix.*/, ""));
    expect(await p.run(["all", "--set", "audit=true"])).toMatchObject({ all: "cached" });
  });
});
