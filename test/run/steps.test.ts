import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

describe("a program's surroundings", () => {
  it("are an empty folder with its files staged read-only, and a minimal environment", async () => {
    const p = new Project({
      "p.yaml": `
steps:
  look:
    run: find . | sort > \${{ outputs.files }}; env | cut -d= -f1 | sort > \${{ outputs.vars }}; echo "$SHOWN" > \${{ outputs.shown }}; cat code/a.sh > \${{ outputs.text }}; stat -c %a code/a.sh >> \${{ outputs.text }}
    inputs: { script: ./code/a.sh, data: ./data }
    outputs: { files: f.txt, vars: v.txt, shown: sub/s.txt, text: t.txt }
    env: [SHOWN]
`,
      "code/a.sh": "echo hi\n",
      "code/hidden.sh": "no\n",
      "data/x/1": "1",
    });
    await p.run([], { env: { SHOWN: "yes", SECRET: "no" } });
    expect(await p.output("look", "files")).toBe(
      "./code\n./code/a.sh\n./data\n./data/x\n./data/x/1\n".replace("./code", ".\n./code"),
    );
    const variables = (await p.output("look", "vars")).split("\n");
    expect(variables).toContain("SHOWN");
    expect(variables).not.toContain("SECRET");
    expect(await p.output("look", "shown")).toBe("yes\n");
    expect(await p.output("look", "text")).toBe("echo hi\n444\n");
  });

  it("show an artifact under its own name, and gathered ones by label", async () => {
    const p = new Project({
      "p.yaml": `
steps:
  make:
    run: echo "\${{ matrix.seed }} \${{ matrix.w }}" > \${{ outputs.t }}
    outputs: { t: table.csv }
    matrix: { seed: [0, 1], w: [x] }
  one:
    run: basename \${{ inputs.t }} > \${{ outputs.o }}
    inputs: { t: make }
    outputs: { o: o }
  both:
    run: cd \${{ inputs.t }}; for f in *; do echo "$f $(cat "$f")"; done > \${{ outputs.o }}
    inputs: { t: make }
    over: [seed]
    outputs: { o: o }
`,
    });
    expect(Object.keys(await p.run()).sort()).toEqual([
      "both[w=x]",
      "make[seed=0,w=x]",
      "make[seed=1,w=x]",
      "one[seed=0,w=x]",
      "one[seed=1,w=x]",
    ]);
    expect(await p.output("one[seed=1,w=x]", "o")).toBe("table.csv\n");
    expect(await p.output("both", "o")).toBe("seed=0.csv 0 x\nseed=1.csv 1 x\n");
  });

  it("take hostile values as they are", async () => {
    const hostile = `a'b"c $(touch pwned) \`id\` \\ ; rm -rf /`;
    const p = new Project({
      "p.yaml": `
params: { v: ${JSON.stringify(hostile)} }
steps:
  list: { run: [printf, "%s", "\${{ params.v }}"], outputs: {} }
  shell:
    run: printf '%s' \${{ params.v }} > \${{ outputs.o }}; printf '%s' "<\${{ params.v }}>" >> \${{ outputs.o }}
    outputs: { o: o }
`,
    });
    await p.run();
    expect(await p.output("shell", "o")).toBe(`${hostile}<${hostile}>`);
  });
});

describe("a step fails", () => {
  const failing = async (run: string, outputs = "{ o: o }"): Promise<string> => {
    const p = new Project({
      "p.yaml": `steps:\n  s:\n    run: ${JSON.stringify(run)}\n    outputs: ${outputs}\n`,
    });
    const { ends } = await p.runEvents([], { code: 1 });
    expect(ends).toHaveLength(1);
    expect(ends[0]?.outcome).toBe("failed");
    // Nothing was recorded: it is tried again.
    expect(await p.run([], { code: 1 })).toEqual({ s: "failed" });
    expect(existsSync(p.path("artifacts", "work")) ? readdirSync(p.path("artifacts", "work")) : []).toEqual(
      [],
    );
    return ends[0]?.error ?? "";
  };

  it("that exits with a code, showing its log's tail", async () => {
    expect(await failing("echo some words >&2; exit 3")).toMatch(/exit code 3\nsome words/);
  });

  it("in the middle of a script", async () => {
    expect(await failing("false\necho x > ${{ outputs.o }}")).toMatch(/exit code 1/);
  });

  it("that does not write a declared output", async () => {
    expect(await failing("true")).toMatch(/output o is missing/);
  });

  it("that writes something else than a file or folder", async () => {
    expect(await failing("mkfifo ${{ outputs.o }}")).toMatch(/neither a file nor a folder/);
  });

  it("whose output is a link out of its folder", async () => {
    expect(await failing("ln -s /etc/passwd ${{ outputs.o }}")).toMatch(/symbolic link out/);
  });

  it("whose program is not to be seen to be missing", async () => {
    expect(await failing("eval no-such-program")).toMatch(/no-such-program/);
  });
});

describe("a step's outputs", () => {
  it("may be folders, with links to its own files put right", async () => {
    const p = new Project({
      "p.yaml": `
steps:
  a:
    run: mkdir -p \${{ outputs.d }}/in; echo x > \${{ outputs.d }}/in/x; ln -s in/x \${{ outputs.d }}/link; printf '#!/bin/sh\\necho ran' > \${{ outputs.d }}/tool; chmod +x \${{ outputs.d }}/tool
    outputs: { d: out/ }
  b:
    run: cat \${{ inputs.d }}/link > \${{ outputs.o }}; \${{ inputs.d }}/tool >> \${{ outputs.o }}
    inputs: { d: a }
    outputs: { o: o }
`,
    });
    await p.run();
    expect(await p.output("b", "o")).toBe("x\nran\n");
  });

  it("called metrics give the step's metrics", async () => {
    const p = new Project({
      "p.yaml": `steps:\n  s:\n    run: 'echo "{\\"acc\\": 0.5, \\"by\\": {\\"class\\": 1}}" > \${{ outputs.metrics }}'\n    outputs: { metrics: m.json }\n`,
    });
    const { ends } = await p.runEvents();
    expect(ends[0]?.metrics).toEqual({ acc: 0.5, "by.class": 1 });
  });
});

describe("keep-going", () => {
  const text = `
steps:
  bad: { run: "exit 1", outputs: { o: o } }
  after: { run: "cat \${{ inputs.b }} > \${{ outputs.o }}", inputs: { b: bad }, outputs: { o: o } }
  last: { run: "cat \${{ inputs.b }} > \${{ outputs.o }}", inputs: { b: after }, outputs: { o: o } }
  good: { run: "echo > \${{ outputs.o }}", outputs: { o: o } }
`;

  it("goes on with what does not depend on the failure", async () => {
    const p = new Project({ "p.yaml": text });
    expect(await p.run(["--keep-going"], { code: 1 })).toEqual({
      bad: "failed",
      after: "skipped",
      last: "skipped",
      good: "ran",
    });
  });

  it("without it starts nothing more", async () => {
    const p = new Project({ "p.yaml": text });
    expect(await p.run(["--jobs", "1"], { code: 1 })).toEqual({
      bad: "failed",
      after: "skipped",
      last: "skipped",
      good: "skipped",
    });
  });
});

describe("retries", () => {
  it("try again as often as is said, and tell so", async () => {
    const p = new Project();
    p.write(
      "p.yaml",
      `steps:\n  s:\n    run: echo x >> ${p.path("tries")}; test $(wc -l < ${p.path("tries")}) -ge 3; echo done > \${{ outputs.o }}\n    outputs: { o: o }\n    retries: 2\n`,
    );
    const { outcomes, events } = await p.runEvents();
    expect(outcomes).toEqual({ s: "ran" });
    expect(events.filter(event => event.type === "step-start")).toHaveLength(3);
    expect(readFileSync(p.path("tries"), "utf8")).toBe("x\nx\nx\n");
  });
});

describe("GPUs", () => {
  const text = (gpus: number): string =>
    `steps:\n  s:\n    run: echo "$CUDA_VISIBLE_DEVICES" > \${{ outputs.o }}\n    outputs: { o: o }\n    matrix: { i: [0, 1] }\n    repeats: true\n    resources: { gpus: ${gpus} }\n`;

  it("are leased to steps, one each, and hidden from those that ask for none", async () => {
    const p = new Project({ "p.yaml": text(1).replace("echo", "echo ${{ matrix.i }}") });
    await p.run([], { env: { VISTAS_GPUS: "3,5" } });
    const seen = [await p.output("s[i=0]", "o"), await p.output("s[i=1]", "o")];
    expect(seen.map(line => line.split(" ")[1]?.trim()).every(gpu => gpu === "3" || gpu === "5")).toBe(true);
    p.write("p.yaml", text(0));
    await p.run([], { env: { VISTAS_GPUS: "3,5" } });
    expect(await p.output("s[i=0]", "o")).toBe("\n");
  });

  it("that are not there are told before anything runs", async () => {
    const p = new Project({ "p.yaml": text(2) });
    const { code, stderr } = await p.vistas(["run", "p.yaml"], { env: { VISTAS_GPUS: "0" } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/2 GPUs.*has 1/);
  });
});
