import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

describe("vistas table", () => {
  const p = new Project({
    "p.yaml": `
params: { lr: 0.10, other: 1 }
steps:
  fit:
    run: |
      awk -v s=\${{ matrix.seed }} -v l=\${{ params.lr }} 'BEGIN { printf "{\\"accuracy\\": %f, \\"n\\": 7}", 0.8 + s / 100 + l }' > \${{ outputs.metrics }}
    outputs: { metrics: m.json }
    matrix: { seed: [0, 1, 2] }
  file:
    run: echo \${{ params.other }} > \${{ outputs.text }}
    outputs: { text: t.txt }
`,
  });
  const git = (...words: string[]): string =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...words], {
      cwd: p.folder,
      encoding: "utf8",
    }).trim();
  const rows = async (...words: string[]) => {
    const { stdout, stderr, code } = await p.vistas(["table", "p.yaml", ...words]);
    if (code !== 0) throw new Error(stderr);
    return stdout.split("\n").map(line => line.split(/ {2,}/));
  };
  const json = async (...words: string[]) =>
    JSON.parse((await p.vistas(["table", "p.yaml", "--json", ...words])).stdout) as {
      labels: object;
      params: object;
      metrics: Record<string, unknown>;
      n?: number;
      commit: string | null;
      dirty: boolean | null;
    }[];
  let [first, second] = ["", ""];

  beforeAll(async () => {
    git("init", "-q");
    git("add", "p.yaml");
    git("commit", "-qm", "one");
    first = git("rev-parse", "HEAD");
    await p.run();
    // The same results: another param that no result depends on.
    await p.run(["--set", "other=2"]);
    git("commit", "-q", "--allow-empty", "-m", "two");
    second = git("rev-parse", "HEAD");
    p.write("p.yaml", `${p.read("p.yaml")}# changed\n`);
    await p.run(["--set", "lr=0.15"]);
  });

  it("has a row for each result with metrics, with params that differ, commit, and the run that made it", async () => {
    const [head, ...lines] = await rows();
    expect(head?.slice(0, 5)).toEqual(["step", "seed", "lr", "accuracy", "metrics.n"]);
    expect(lines.map(cells => cells.slice(0, 4).join(" "))).toEqual([
      "fit 0 0.15 0.9500",
      "fit 1 0.15 0.9600",
      "fit 2 0.15 0.9700",
      "fit 0 0.1 0.9000",
      "fit 1 0.1 0.9100",
      "fit 2 0.1 0.9200",
    ]);
    const all = await json();
    expect(all[0]).toMatchObject({ labels: { seed: 0 }, commit: second, dirty: true });
    // Found again with other=1 and with other=2: the result does not depend on it.
    expect(all[3]).toMatchObject({ params: { lr: 0.1 }, commit: first, dirty: false });
    expect(all[3]?.params).not.toHaveProperty("other");
  });

  it("takes the results of a run together along an axis, each once", async () => {
    const [one, two] = await json("--group", "seed", "--sort", "accuracy");
    expect(one).toMatchObject({ labels: {}, n: 3, metrics: { accuracy: { mean: 0.91, n: 3 } } });
    const { sd, low, high } = one?.metrics["accuracy"] as { sd: number; low: number; high: number };
    expect(sd).toBeCloseTo(0.01, 10);
    // t(0.975, 2) = 4.302653 (SciPy 1.11: scipy.stats.t.ppf(0.975, 2))
    expect(high - low).toBeCloseTo((2 * 4.302652729911275 * 0.01) / Math.sqrt(3), 8);
    expect(two?.metrics["accuracy"]).toMatchObject({ mean: 0.96 });
    const csv = (await p.vistas(["table", "p.yaml", "--group", "repeats", "--csv"])).stdout;
    expect(csv.split("\n")[0]).toContain("accuracy,accuracy.sd,accuracy.low,accuracy.high,accuracy.n");
  });

  it("sorts, finds the best, and looks at the newest runs, at steps, and at commits", async () => {
    expect((await json("--sort", "lr", "--sort", "-seed")).map(({ labels }) => labels)).toEqual(
      [2, 1, 0, 2, 1, 0].map(seed => ({ seed })),
    );
    expect(await json("--best", "accuracy")).toMatchObject([{ labels: { seed: 2 }, commit: second }]);
    expect(await json("--best", "-accuracy")).toMatchObject([{ labels: { seed: 0 }, commit: first }]);
    expect(await json("--where", "accuracy > 0.905 and params.lr < 0.12 or seed == 2")).toHaveLength(3);
    expect(await json("--where", 'step == "fit" and not seed == 7')).toHaveLength(6);
    expect(await json("fit[seed=1]", "--runs", "1")).toHaveLength(1);
    expect(await json("--rev", "HEAD~1")).toHaveLength(3);
    expect(await json("--rev", "HEAD~1..")).toHaveLength(3);
    expect((await p.vistas(["table", "p.yaml", "fit[seed=0]", "--md"])).stdout).toContain(
      "| --- | --- | --- | --: |",
    );
  });

  it("names commits by which show and checkout find a run", async () => {
    const accuracy = async (...words: string[]): Promise<number> => {
      const { stdout } = await p.vistas(["show", "p.yaml", "fit[seed=0]", "--json", "--run", ...words]);
      return (JSON.parse(stdout) as { metrics: { accuracy: number } }).metrics.accuracy;
    };
    expect(await accuracy("HEAD")).toBeCloseTo(0.95);
    expect(await accuracy("HEAD~1")).toBeCloseTo(0.9);
    expect(await accuracy(first.slice(0, 8))).toBeCloseTo(0.9);
    expect(await accuracy("latest~2")).toBeCloseTo(0.9);
    await p.vistas(["checkout", "p.yaml", "file", "out", "--run", "latest~1"]);
    expect(p.read("out/t.txt")).toBe("2\n");
    const { code, stderr } = await p.vistas(["show", "p.yaml", "fit", "--run", "nothing"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no one run "nothing"')]);
  });

  it.each([
    [["fot"], "did you mean `fit`?"],
    [["--sort", "acuracy"], "did you mean `accuracy`?"],
    [["--group", "sed"], "did you mean `seed`?"],
    [["--rev", "nothing"], "names no commits"],
    [["--where", "acuracy > 0"], "did you mean `accuracy`?"],
    [["--where", "accuracy > "], "a value is missing at the end"],
    [["--where", "accuracy > 'a'"], "a number is compared with a text"],
    [["--runs", "0"], "--runs 0 is no number of runs"],
  ])("refuses %j", async (words, hint) => {
    const { code, stderr } = await p.vistas(["table", "p.yaml", ...words]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });
});
