import { describe, expect, it } from "@jest/globals";
import type { RunEvent } from "../../runner/core/event.js";
import type { Graph } from "../../runner/pipeline/graph/graph.js";
import { createReporter, type ReporterKind } from "../../runner/ui/reporter.js";
import { treeReporter } from "../../runner/ui/tree.js";
import { expectGolden } from "../golden.js";
import { cachedRun, Recorder, scenario } from "./scenario.js";
import { screen } from "./screen.js";

const quietly = { isTTY: false, color: false, verbose: false, quiet: false };

async function report(kind: ReporterKind, events: RunEvent[], options: Partial<typeof quietly> = {}) {
  const stdout = new Recorder();
  const stderr = new Recorder();
  const reporter = createReporter(kind, { ...quietly, ...options, stdout, stderr });
  for (const event of events) reporter.sink(event);
  await reporter.close();
  return { stdout: stdout.text, stderr: stderr.text, writes: stdout.writes + stderr.writes };
}

describe("plain", () => {
  it("tells a run in lines", async () => {
    const { stdout, stderr } = await report("plain", scenario());
    expectGolden("ui/golden/plain.txt", stderr);
    expect(stdout).toBe("");
  });

  it("tells everything when verbose, and lets no step's escape sequences through", async () => {
    const { stderr } = await report("plain", scenario(), { verbose: true });
    expectGolden("ui/golden/plain-verbose.txt", stderr);
    expect(stderr).not.toContain("\u001b");
  });

  it("tells failures alone when quiet", async () => {
    const { stderr } = await report("plain", scenario(), { quiet: true });
    expect(stderr.split("\n")[0]).toBe("✖ probe[seed=1]  failed after 1.5s");
    expect(stderr).not.toContain("encoder");
  });

  it("is what auto gives without a terminal", async () => {
    expect(await report("auto", scenario())).toEqual(await report("plain", scenario()));
  });

  it("tells any number of cached steps in one line", async () => {
    const { stderr } = await report("plain", cachedRun(1000));
    expect(stderr.split("\n").slice(1, -1)).toEqual(["= 1,000 cached", "done: 1,000 cached in 0.2s"]);
  });
});

describe("ndjson", () => {
  it("writes the contract's five types, one object a line", async () => {
    const { stdout, stderr } = await report("ndjson", scenario());
    expectGolden("ui/golden/ndjson.txt", stdout);
    // Notices concern people even when a program reads the events.
    expect(stderr).toBe("note: the disk is 91 % full\n");
    const types = new Set(
      stdout
        .trimEnd()
        .split("\n")
        .map(line => (JSON.parse(line) as RunEvent).type),
    );
    expect([...types].sort()).toEqual(["run-end", "run-start", "step-end", "step-progress", "step-start"]);
  });

  it("keeps an event with a line end in it on one line", async () => {
    const events = scenario();
    const { stdout } = await report("ndjson", events, { verbose: true });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map(line => JSON.parse(line) as RunEvent),
    ).toEqual(events);
  });
});

describe("silent", () => {
  it("writes nothing", async () => {
    expect((await report("silent", scenario())).writes).toBe(0);
  });
});

describe("tree", () => {
  /** Plays events, drawing after each one that `when` picks; gives what a terminal showed each time, if it is to `look`. */
  async function play(events: RunEvent[], when: (event: RunEvent, i: number) => boolean, look = true) {
    const stderr = new Recorder(72, 24);
    const frames: string[] = [];
    let now = 0;
    let draw: (() => void) | undefined;
    const stops: boolean[] = [];
    const reporter = treeReporter(stderr, {
      color: !look,
      verbose: false,
      graph: GRAPH,
      clock: { now: () => new Date(now) },
      every: callback => {
        draw = callback;
        return () => stops.push(true);
      },
    });
    for (const [i, event] of events.entries()) {
      now = Date.parse(event.time);
      reporter.sink(event);
      // Listr is loaded at the first start of a step.
      while (event.type === "step-start" && draw === undefined) await new Promise(setImmediate);
      if (draw === undefined || !when(event, i)) continue;
      draw();
      if (look) frames.push(screen(stderr.text));
    }
    await reporter.close();
    return { frames, text: stderr.text, final: look ? screen(stderr.text) : "", stops };
  }

  it("shows what is under way, keeps what finished, and ends with the sum", async () => {
    const { frames, final, stops } = await play(scenario(), (_, i) => i % 6 === 3);
    const rule = "-".repeat(72);
    expectGolden("ui/golden/tree.txt", [...frames, final].join(`\n${rule}\n`));
    expect(stops).toEqual([true]);
  });

  it("writes nothing that moves the cursor when it has drawn nothing", async () => {
    const { text } = await play(cachedRun(1000), () => true);
    expect(text).toBe("done: 1,000 cached in 0.2s\n");
  });

  it("costs little: 1,000 steps, each drawn, in less than a second of CPU", async () => {
    const time = "2026-11-23T06:10:19.000Z";
    const events = Array.from({ length: 1000 }, (_, i): RunEvent[] => {
      const id = `step${i}`;
      return [
        { type: "step-start", time, id, kind: "run", reason: "new", attempt: 1 },
        { type: "step-progress", time, id, done: 1, total: 2, note: "half" },
        {
          type: "step-end",
          time,
          id,
          kind: "run",
          outcome: "ran",
          key: "k",
          metrics: {},
          seconds: 1,
          reason: "new",
        },
      ];
    }).flat();
    const before = process.cpuUsage();
    await play(events, () => true, false);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(1);
  });

  it("leaves signals and the process's own streams alone", async () => {
    const before = process.listenerCount("SIGINT") + process.listenerCount("exit");
    const write: unknown = Reflect.get(process.stderr, "write");
    let during = -1;
    await play(scenario(), () => {
      during = process.listenerCount("SIGINT") + process.listenerCount("exit");
      expect(Reflect.get(process.stderr, "write")).toBe(write);
      return true;
    });
    expect(during).toBe(before);
  });

  it("never draws more than the terminal's height", async () => {
    const time = "2026-11-23T06:10:19.000Z";
    const events = Array.from({ length: 100 }, (_, i): RunEvent => ({
      type: "step-start",
      time,
      id: `s${i}`,
      kind: "run",
      reason: "new",
      attempt: 1,
    }));
    const { frames } = await play(events, () => true);
    expect(Math.max(...frames.map(frame => frame.split("\n").length))).toBeLessThanOrEqual(14);
    expect(frames.at(-1)).toContain("88 not shown");
  });
});

const INSTANCES = [
  ["generator", 1],
  ["real", 1],
  ["views", 1],
  ["encoder", 2],
  ["probe", 2],
  ["summary", 1],
] as const;

/** As much of the scenario's graph as a reporter looks at. */
const GRAPH: Graph = {
  name: "quickstart",
  file: "/p/quickstart.yaml",
  project: "/p",
  nodes: INSTANCES.flatMap(([step, count]) =>
    Array.from({ length: count }, (_, seed) => ({
      id: count === 1 ? step : `${step}[seed=${seed}]`,
      step,
      labels: count === 1 ? {} : { seed },
      work: { type: "kind", kind: step, with: {} } as const,
      inputs: [],
      env: [],
      resources: { cpus: 1, gpus: 0, memory: 0 },
      retries: 0,
      at: ["steps", step],
    })),
  ),
  ignored: () => false,
  skipped: [],
  byId: new Map(),
  params: {},
};
