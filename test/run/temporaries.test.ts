/** Outputs that go when they are used, and come back when they are needed. */
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const PIPELINE = `
params: { k: 1, m: 1, fail: 0 }
steps:
  big:
    run: "mkdir \${{ outputs.d }}; echo big \${{ params.k }} > \${{ outputs.d }}/x; echo '{\\"n\\": 1}' > \${{ outputs.metrics }}"
    outputs: { d: { path: d, temporary: true }, metrics: m.json }
  mid: { run: "cat \${{ inputs.d }}/x > \${{ outputs.o }}", inputs: { d: big.d }, outputs: { o: { path: o.txt, temporary: true } } }
  use: { run: "test \${{ params.fail }} = 0; (cat \${{ inputs.o }}; echo \${{ params.m }}) > \${{ outputs.r }}", inputs: { o: mid }, outputs: { r: r.txt } }
  two: { run: "wc -c < \${{ inputs.o }} > \${{ outputs.r }}", inputs: { o: mid }, outputs: { r: r.txt } }
`;
const CACHED = { big: "cached", mid: "cached", use: "cached", two: "cached" };

function interim(p: Project): string[] {
  const folder = p.path("artifacts/interim");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(name => name.includes("/"))
    .map(name => name.slice(65))
    .sort();
}

describe("a temporary output", () => {
  it("goes when it is used, is no reason to run, and is made again when it is needed", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    expect(Object.values(await p.run())).toEqual(["ran", "ran", "ran", "ran"]);
    expect(interim(p)).toEqual([]);
    expect(await p.run()).toEqual(CACHED);

    const { stdout } = await p.vistas(["plan", "p.yaml", "--set", "m=2"]);
    expect(stdout).toContain("its temporary output d is needed again by mid");
    expect(stdout).toContain("its temporary output o is needed again by use");
    expect(await p.run(["--set", "m=2"])).toEqual({ big: "ran", mid: "ran", use: "ran", two: "cached" });
    expect(await p.output("use", "r")).toBe("big 1\n2\n");
    expect(interim(p)).toEqual([]);
    expect((await p.vistas(["verify"])).code).toBe(0);
    expect((await p.vistas(["gc"])).code).toBe(0);
    expect(await p.run(["--set", "m=2"])).toEqual(CACHED);
  });

  it("is made again for a checkout, by running its step alone", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    await p.run();
    const gone = await p.vistas(["checkout", "p.yaml", "big.d", "out"]);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("vistas run p.yaml big")]);
    expect((await p.vistas(["show", "p.yaml", "big"])).stdout).toContain("temporary, and dropped");
    expect(await p.run(["big"])).toEqual({ big: "ran" });
    expect((await p.vistas(["checkout", "p.yaml", "big.d", "out"])).code).toBe(0);
    expect(p.read("out/d/x")).toBe("big 1\n");
    expect((await p.vistas(["verify"])).code).toBe(0);
    expect(await p.run()).toEqual(CACHED);
    expect(interim(p)).toEqual([]);
  });

  it("stays for a step that failed, also through a gc, and is checked before it is used", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    await p.run(["--set", "fail=1", "--keep-going"], { code: 1 });
    expect(interim(p)).toEqual(["o"]);
    await p.vistas(["gc"]);
    expect(await p.run()).toEqual({ ...CACHED, use: "ran" });
    expect(interim(p)).toEqual([]);

    await p.run(["--set", "fail=1", "--set", "k=2"], { code: 1 });
    const [key = ""] = readdirSync(p.path("artifacts/interim"));
    const file = p.path("artifacts/interim", key, "o");
    writeFileSync(`${file}.other`, "forged\n");
    renameSync(`${file}.other`, file);
    expect(await p.run(["--set", "k=2"])).toMatchObject({ big: "ran", mid: "ran", use: "ran" });
    expect(await p.output("use", "r")).toBe("big 2\n1\n");
  });

  it("that is to be kept from now on is made once more; one that was kept stays", async () => {
    const p = new Project({ "p.yaml": PIPELINE });
    await p.run();
    p.write("p.yaml", PIPELINE.replace("{ path: o.txt, temporary: true }", "o.txt"));
    expect(await p.run()).toEqual({ big: "ran", mid: "ran", use: "cached", two: "cached" });
    expect(await p.output("mid", "o")).toBe("big 1\n");
    p.write("p.yaml", PIPELINE);
    expect(await p.run()).toEqual(CACHED);
    expect(await p.output("mid", "o")).toBe("big 1\n");
  });
});
