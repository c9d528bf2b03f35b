/** Cases of finished work that was judged by a side condition, and of metrics files that were too much. */
import { expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const project = (run: string, outputs = "{ o: o.txt }"): Project =>
  new Project({
    "p.yaml": `steps:\n  s:\n    run: |\n      ${run}\n    outputs: ${outputs}\n`,
    "q.yaml": "steps:\n  other:\n    run: echo other > ${{ outputs.o }}\n    outputs: { o: o.txt }\n",
  });

it("workflow 02: a name that is not UTF-8, left in the work folder, is in nobody's way", async () => {
  const p = project(`printf x > "$(printf 'caf\\351.txt')"; echo ok > \${{ outputs.o }}`);
  expect(await p.run()).toEqual({ s: "ran" });
  for (const call of [
    ["run", "q.yaml"],
    ["gc", "q.yaml"],
  ])
    expect((await p.vistas(call)).code).toBe(0);
  expect((await p.vistas(["runs"])).stdout).toContain("p.yaml");
});

it("workflow 03: a program opens a socket in its TMPDIR", async () => {
  const script = `
import multiprocessing as m, sys
if __name__ == "__main__":
    d = m.Manager().dict(); d["a"] = 1
    open(sys.argv[1], "w").write(str(dict(d)))
`;
  const p = new Project({
    "m.py": script,
    "p.yaml":
      'steps: { s: { run: [python3, "${{ inputs.m }}", "${{ outputs.o }}"], inputs: { m: ./m.py }, outputs: { o: o.txt } } }',
  });
  await p.run();
  expect(await p.output("s", "o")).toBe("{'a': 1}");
});

it("workflow 08: what a background process still writes is waited for", async () => {
  const p = project("(echo first; sleep 1; echo rest) > ${{ outputs.o }} & sleep 0.3");
  await p.run();
  expect(await p.output("s", "o")).toBe("first\nrest\n");
});

it("workflow 14: NaN among the metrics costs neither the weights nor the other metrics", async () => {
  const p = project(
    `echo weights > \${{ outputs.model }}; echo '{"loss": NaN, "acc": 0.5}' > \${{ outputs.metrics }}`,
    "{ metrics: metrics.json, model: model.bin }",
  );
  const { ends } = await p.runEvents();
  expect(ends[0]?.metrics).toEqual({ loss: "NaN", acc: 0.5 });
  expect(await p.output("s", "model")).toBe("weights\n");
});

it("attack 20: 300,000 numbers in metrics.json are more than the limit, which is named", async () => {
  const p = project(
    `python3 -c 'import json;print(json.dumps({"k%d"%i:i for i in range(300000)}))' > \${{ outputs.metrics }}`,
    "{ metrics: m.json }",
  );
  const { outcomes, stderr } = await p.runEvents();
  expect(outcomes).toEqual({ s: "ran" });
  expect(stderr).toContain("it holds 300000 numbers, more than the 100000");
});
