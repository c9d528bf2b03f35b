/** What is known of a step while it runs: its metrics, its progress, its log. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { settleLog } from "../../runner/exec/process/settle-log.js";
import { lastBar } from "../../runner/exec/process/tqdm.js";
import { Lines, Tail } from "../../runner/exec/process/tail.js";
import { colors } from "../../runner/ui/display-text.js";
import { runningLines } from "../../runner/ui/group-lines.js";
import { trackProgress } from "../../runner/ui/progress.js";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

const gates: Gate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.release();
});

type Running = ReturnType<Project["start"]>;

/** Reads what a call writes until it has written this. */
async function until(stream: Running["stdout"], pattern: RegExp): Promise<string> {
  let seen = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    seen += chunk.toString();
    if (pattern.test(seen)) return seen;
  }
  throw new Error(`it ended without ${String(pattern)}:\n${seen}`);
}

describe("a step under way", () => {
  it("shows its latest metrics and progress, by file or by a bar; with -v its log, of which rewritten lines are one", async () => {
    const p = new Project();
    const go = await Gate.at(p.path("go"));
    gates.push(go);
    const step = (name: string, text: string): string => `
  ${name}:
    run: |
      ${text}
      echo '{"step": 10, "loss": 2}' >> \${{ outputs.metrics }}
      printf '{"step": 20, "loss": NaN, "train": {"acc": 1}}\\n{"step": 30, "lo' >> \${{ outputs.metrics }}
      read x < ${go.path}
      printf 'ss": 1}\\n' >> \${{ outputs.metrics }}
      printf '\\rfit:  50%%|###   | 2k/4k [00:01<00:02, 30it/s]\\rfit: 100%%|######| 4k/4k [00:01<00:00, 30it/s]\\nend' >&2
    outputs: { metrics: m.jsonl }
`;
    p.write(
      "p.yaml",
      `steps:${step("bar", "echo begins; printf '\\rfit:  25%%|##    | 1.0k/4k [00:01<00:02, 30it/s, lr=3]' >&2")}`,
    );
    const running = p.start(["run", "p.yaml", "--reporter", "ndjson", "-v"]);
    const seen = await until(running.stdout, /"metrics":.*\n(.*\n)*.*"step-progress".*\n/);
    await go.open();
    const { stdout } = await running;
    const events = `${seen}${stdout.slice(seen.length)}`
      .split("\n")
      .filter(line => line !== "")
      .map(line => JSON.parse(line) as Record<string, unknown>);
    const of = (type: string): unknown[] =>
      events
        .filter(event => event["type"] === type)
        .map(event =>
          Object.fromEntries(Object.entries(event).filter(([key]) => !/^(time|type)$/.test(key))),
        );
    expect(of("metrics")).toEqual([
      { id: "bar", metrics: { loss: "NaN", "train.acc": 1 }, step: 20 },
      { id: "bar", metrics: { loss: 1 }, step: 30 },
    ]);
    expect(of("step-progress")).toEqual([
      { id: "bar", done: 1000, total: 4000, note: "fit  lr=3" },
      { id: "bar", done: 4000, total: 4000, note: "fit" },
    ]);
    const log = ["begins", "fit: 100%|######| 4k/4k [00:01<00:00, 30it/s]", "end"];
    expect(of("step-log")).toEqual(log.map(line => ({ id: "bar", line })));
    const { log: file } = events.find(({ type }) => type === "step-end") as { log: string };
    expect(readFileSync(file, "utf8")).toBe(log.join("\n"));
    const shown = JSON.parse((await p.vistas(["show", "p.yaml", "bar", "--json"])).stdout) as object;
    expect(shown).toMatchObject({
      metrics: { loss: 1, "train.acc": 1 },
      curves: {
        loss: [
          [10, 2],
          [20, "NaN"],
          [30, 1],
        ],
      },
    });

    // A line of the file says more than a bar does.
    p.write("p.yaml", `steps:${step("file", "echo '{\"progress\": [1, 8]}' > ${{ outputs.metrics }}")}`);
    const plain = p.start(["run", "p.yaml", "--verbose"]);
    await until(plain.stderr, /12 %.*loss NaN {2}train.acc 1 {2}step 20/);
    await go.open();
    await plain;
  });
});

describe("a terminal", () => {
  it("shows of one instance its metrics and step, of several the first metric of each", () => {
    const { progress, apply } = trackProgress(new Map([["s", 2]]));
    const time = "2026-11-23T06:10:19.000Z";
    const shown = (): string[] =>
      runningLines([...progress.active], Date.parse(time) + 65_000, colors(false));
    const start = (id: string): void =>
      apply({ type: "step-start", time, id, kind: "run", reason: "new", attempt: 1 });
    start("s[n=1]");
    apply({ type: "metrics", time, id: "s[n=1]", metrics: { loss: 0.5, acc: NaN }, step: 10 });
    apply({ type: "step-progress", time, id: "s[n=1]", done: 1, total: 4, note: "" });
    expect(shown()).toEqual(["s 0/2  n=1  25 %  loss 0.5000  acc NaN  step 10"]);
    start("s[n=2]");
    apply({ type: "metrics", time, id: "s[n=2]", metrics: { loss: 2 } });
    expect(shown()).toEqual(["s 0/2  n=1  25 % loss 0.5000  n=2  1m05s loss 2"]);
  });
});

describe("vistas logs", () => {
  it("follows a run under way from elsewhere, one that has yet to start the step too, and finds the log afterwards", async () => {
    const p = new Project();
    const [first, second] = [await Gate.at(p.path("first")), await Gate.at(p.path("second"))];
    gates.push(first, second);
    p.write(
      "p.yaml",
      `steps:
  up: { run: "echo > ${p.path("first")}; read x < ${p.path("first")}; echo u > \${{ outputs.o }}", outputs: { o: o } }
  s:
    run: "printf '1\\r2\\r3\\tx\\nhalf'; [ \${{ matrix.n }} = 1 ] || read x < ${second.path}; echo ' '\${{ matrix.n }}; cp \${{ inputs.u }} \${{ outputs.o }}"
    inputs: { u: up }
    outputs: { o: o }
    matrix: { n: [1, 2] }
`,
    );
    const running = p.start(["run", "p.yaml", "--keep-work", "never"]);
    await first.arrived();
    const following = p.start(["logs", "p.yaml", "s", "-f"]);
    const one = p.start(["logs", "p.yaml", "s[n=2]", "--follow"]);
    await first.open();
    const seen = await until(following.stdout, /n=2\] \| 3\tx\n/);
    expect(seen).toContain("s[n=2] | 3\tx\n");
    await second.open();
    await running;
    expect((await following).stdout.split("\n").sort()).toEqual([
      "s[n=1] | 3\tx",
      "s[n=1] | half 1",
      "s[n=2] | 3\tx",
      "s[n=2] | half 2",
    ]);
    expect(await one).toMatchObject({ exitCode: 0, stdout: "3\tx\nhalf 2" });
    await p.run();
    const later = await p.vistas(["logs", "p.yaml", "s[n=1]"]);
    expect([later.stdout, later.stderr]).toEqual([
      "3\tx\nhalf 1",
      expect.stringMatching(/: of run .* \(cached in/),
    ]);
    expect((await p.vistas(["logs", "p.yaml", "up", "--run", "latest~1"])).code).toBe(0);
    expect((await p.vistas(["logs", "p.yaml", "no"])).stderr).toContain("unknown-step");
  });
});

describe("a bar", () => {
  it.each([
    [" 45%|####5     | 45/100 [00:01<00:02, 30.00it/s]", { done: 45, total: 100, note: "" }],
    ["Epoch 1:   0%|          | 0/1.2M [00:00<?, ?it/s]", { done: 0, total: 1_200_000, note: "Epoch 1" }],
    [
      "x: 100%|███| 3/3 [00:03<00:00,  1.0s/it, loss=0.5, b=1]\nnoise",
      { done: 3, total: 3, note: "x  loss=0.5  b=1" },
    ],
    [
      "\rout:  50%|##| 1/2 [00:01<00:01,  1s/it]\n\rin:  10%|#| 1/10 [00:01<00:01,  1s/it]\u001b[A",
      { done: 1, total: 2, note: "out" },
    ],
    ["files: 1.2kit [00:01, 30.00it/s, n=1]", { done: 1200, total: 0, note: "files  n=1" }],
    ["45 of 100", undefined],
    ["10%|a| x/y [", undefined],
  ])("is found in %j", (text, bar) => {
    expect(lastBar(text)).toEqual(bar);
  });
});

describe("a file that grows", () => {
  it("is read by what is new, also when it was put in place anew", () => {
    const file = join(tempFolder(), "f");
    const [tail, lines] = [new Tail(file), new Lines()];
    const read = (text: string, most?: number): string[] => {
      writeFileSync(file, text);
      const next = tail.read(most);
      return next === undefined ? [] : lines.push(next);
    };
    expect(tail.read()).toBeUndefined();
    expect(read("a\nb")).toEqual(["a"]);
    expect(read("a\nbc\nd")).toEqual(["bc"]);
    expect(read("x\n")).toEqual(["x"]);
    expect(read(`x\n${"y\n".repeat(10)}long z\nend\n`, 8)).toEqual(["end"]);
  });

  it("has the last state of rewritten lines when it is settled, whatever its line ends", async () => {
    const file = join(tempFolder(), "log");
    const settled = async (text: string): Promise<string> => {
      writeFileSync(file, text);
      await settleLog(file);
      return readFileSync(file, "utf8");
    };
    expect(await settled("a\r\nb\r\n")).toBe("a\r\nb\r\n");
    expect(await settled("a\r\n1\r2\r3\nü\r")).toBe("a\n3\nü");
    const up = "\u001b[A";
    const nested = `start\n\n\rout 0${up}\n\rin 1${up}\n\rin 2${up}\rout 1\n\n\rdeep${up}${up}\nend`;
    expect(await settled(nested)).toBe("start\nout 1\nend");
    const bar = Array.from({ length: 50_000 }, (_, i) => `\r${i}%`).join("");
    expect(await settled(`first\n${bar}\nlast`)).toBe("first\n49999%\nlast");
  });
});
