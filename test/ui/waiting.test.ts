import { describe, expect, it } from "@jest/globals";
import type { EventSink, RunEvent } from "../../runner/core/event.js";
import { runningLines, statusLine } from "../../runner/ui/group-lines.js";
import { ndjsonReporter } from "../../runner/ui/ndjson.js";
import type { Output } from "../../runner/ui/output.js";
import { plainReporter } from "../../runner/ui/plain.js";
import { trackProgress } from "../../runner/ui/progress.js";
import { colors } from "../../runner/ui/display-text.js";

const time = "2026-11-23T06:10:19.000Z";
const waitsFor = { run: "other", host: "node7", pid: 17 };
const note = "waits for run other on node7 (pid 17), which is making it";
const events: RunEvent[] = [
  { type: "run-start", time, run: "mine", pipeline: "p", total: 2 },
  ...["encoder[seed=0]", "encoder[seed=1]"].map((id): RunEvent => ({
    type: "step-progress",
    time,
    id,
    done: 0,
    total: 0,
    note,
    waitsFor,
  })),
];

/** All that a reporter writes of the events. */
function written(reporter: (output: Output) => EventSink): string {
  let text = "";
  const sink = reporter({ write: more => ((text += more), true) });
  for (const event of events) sink(event);
  return text;
}

describe("a step that another run is making", () => {
  it("is told by the plain reporter, and by NDJSON with who makes it", () => {
    const options = { color: false, verbose: false, quiet: false };
    const plain = written(output => plainReporter(output, options).sink);
    expect(plain).toContain(`  encoder[seed=1]  ${note}\n`);
    const lines = written(output => ndjsonReporter(output, { verbose: false, stderr: output }).sink);
    expect(JSON.parse(lines.split("\n")[1] ?? "")).toMatchObject({ type: "step-progress", waitsFor });
  });

  it("is no running step of the live display until it starts itself", () => {
    const { progress, apply } = trackProgress(new Map([["encoder", 2]]));
    for (const event of events) apply(event);
    const status = (): string => statusLine(progress, Date.parse(time), 0, colors(false));
    expect(status()).toMatch(/2 waiting for another run/);
    expect(status()).not.toMatch(/running/);
    expect(runningLines([...progress.active], Date.parse(time), colors(false))).toEqual([
      "encoder 0/2  seed=0  waits for another run  seed=1  waits for another run",
    ]);
    apply({ type: "step-start", time, id: "encoder[seed=0]", kind: "run", reason: "", attempt: 1 });
    expect(status()).toMatch(/1 running {2}1 waiting for another run/);
  });
});
