/** Steps whose instances take from one another. */
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";
import { brief, mistakes } from "../spec/support.js";

const PIPELINE = `
params: { add: 1 }
steps:
  init: { run: "echo 10 > \${{ outputs.n }}", outputs: { n: n.txt } }
  chain:
    scan: round
    run: "(cat \${{ inputs.previous }}; echo \${{ params.add }}) | awk '{ n += $1 } END { print n }' > \${{ outputs.state }}"
    inputs: { previous: chain.state }
    start: init
    outputs: { state: s.txt }
    matrix: { round: [3, 1, 2] }
  all: { run: "cat \${{ inputs.s }}/* | tr '\\\\n' ' ' > \${{ outputs.o }}", inputs: { s: chain }, outputs: { o: o }, over: [round] }
  each: { run: "cat \${{ inputs.s }} > \${{ outputs.o }}", inputs: { s: chain.state }, outputs: { o: o } }
`;
const write = (p: Project, text: string): Project => p.write("p.yaml", text);

describe("a chain", () => {
  it("hands on along the axis, in the order of its values, and is cached link by link", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    expect(Object.keys(await p.run())).toHaveLength(8);
    expect(await p.output("all", "o")).toBe("12 13 11 ");
    expect(await p.output("each[round=2]", "o")).toBe("13\n");
    write(p, PIPELINE.replace("[3, 1, 2]", "[3, 1, 2, 4]"));
    const longer = await p.run();
    expect(longer).toMatchObject({ "chain[round=2]": "cached", "chain[round=4]": "ran", all: "ran" });
    const changed = await p.run(["--set", "add=0"]);
    expect(Object.values(changed).filter(outcome => outcome === "ran")).not.toHaveLength(0);
    // With nothing added every link makes the same bytes, from the same bytes: one result.
    expect(changed).toMatchObject({
      "chain[round=1]": "ran",
      "chain[round=2]": "cached",
      "chain[round=4]": "cached",
    });
    const graph = await p.vistas(["graph", "p.yaml", "--instances"]);
    expect(graph.stdout).toMatch(/chain\[round=3\]/);
  });

  it("takes a file to begin with, has one chain for each place on other axes, and names what changed", async () => {
    const text = PIPELINE.replace("start: init", "start: ./init/${{ matrix.k }}.txt").replace(
      "round: [3, 1, 2]",
      "round: [1, 2], k: [a, b]",
    );
    const p = write(new Project({ "init/a.txt": "1\n", "init/b.txt": "5\n" }), text);
    await p.run();
    expect(await p.output("all[k=a]", "o")).toBe("2 3 ");
    expect(await p.output("all[k=b]", "o")).toBe("6 7 ");
    p.write("init/b.txt", "6\n");
    const { stdout } = await p.vistas(["why", "p.yaml", "chain[k=b,round=1]"]);
    expect(stdout).toContain("file ./init/b.txt changed");
    expect(await p.run()).toMatchObject({
      "chain[k=a,round=2]": "cached",
      "chain[k=b,round=1]": "ran",
      "chain[k=b,round=2]": "ran",
    });
  });

  it("goes along an axis that another step makes", async () => {
    const text = PIPELINE.replace("round: [3, 1, 2]", "round: { from: list }").replace(
      "  init:",
      "  list: { run: \"echo '[1, 2]' > ${{ outputs.l }}\", outputs: { l: l.json } }\n  init:",
    );
    const p = write(new Project(), text);
    await p.run();
    expect(await p.output("all", "o")).toBe("11 12 ");
  });

  it("skips what comes after a failed link", async () => {
    const p = write(new Project(), PIPELINE.replace("(cat", "test ${{ matrix.round }} != 1; (cat"));
    const outcomes = await p.run(["--keep-going"], { code: 1 });
    expect(outcomes).toMatchObject({
      ...{ "chain[round=3]": "ran", "chain[round=1]": "failed", "chain[round=2]": "skipped" },
      ...{ "each[round=3]": "ran", "each[round=2]": "skipped", all: "skipped" },
    });
  });

  it.each([
    ["scan: round", "scan: rund", "unknown-axis", 6],
    ["    scan: round\n", "", "misplaced-key", 8],
    ["    start: init\n", "", "misplaced-key", 6],
    ["previous: chain.state", "previous: init", "missing-input", 6],
    ["start: init", "start: none", "unknown-step", 9],
    ["start: init", "start: ./none.txt", "missing-file", 9],
    ["start: init", "start: all.o", "cycle", 9],
    ["    scan: round\n", "", "cycle", 7, "    start: init\n"],
  ])("mistake: %s -> %s", async (from, to, code, line, also = "") => {
    const found = await mistakes(PIPELINE.replace(from, to).replace(also, ""));
    expect(found.map(brief).filter(text => also !== "" || !text.startsWith("cycle 7"))).toEqual([
      expect.stringMatching(new RegExp(`^${code} ${line}:`)),
    ]);
  });
});
