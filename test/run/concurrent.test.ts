import { readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { systemClock } from "../../runner/core/clock.js";
import { KeyLocks } from "../../runner/store/locks/key-locks.js";
import { Store } from "../../runner/store/store.js";
import { shareWork } from "../faults/concurrency.js";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";

/** A step that tells that it has begun, and ends when it is let. */
async function slow(): Promise<{ p: Project; arrive: Gate; go: Gate }> {
  const p = new Project();
  const [arrive, go] = [await Gate.at(p.path("arrive")), await Gate.at(p.path("go"))];
  p.write(
    "p.yaml",
    `steps:\n  slow: { run: "echo > ${arrive.path}; read x < ${go.path}; echo made > \${{ outputs.o }}", outputs: { o: o } }\n`,
  );
  return { p, arrive, go };
}

/** Resolves when a run's output has said that it waits; `child` goes on. */
function waiting(child: ReturnType<Project["start"]>): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const line = text.split("\n").find(each => each.includes('"waitsFor"') && each.endsWith("}"));
      if (line !== undefined) resolve(line);
    });
    child.on("exit", () => reject(new Error(`it ended without waiting: ${text}`)));
  });
}

const RUN = ["run", "p.yaml", "--reporter", "ndjson"];

describe("two runs that need the same", () => {
  it("share it: the second says for whom it waits, and takes the result", async () => {
    const { p, arrive, go } = await slow();
    const first = p.start(RUN);
    await arrive.arrived();
    const second = p.start(RUN);
    expect(JSON.parse(await waiting(second))).toMatchObject({ id: "slow", waitsFor: { pid: first.pid } });
    await go.open();
    expect((await first).stdout).toMatch(/"outcome":"ran"/);
    const { exitCode, stdout } = await second;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/"outcome":"cached".*"reason":"run .* made it"/);
    expect(stdout).not.toMatch(/"step-start"/);
  });

  it("the second makes it itself when the first is killed, whose programs are ended", async () => {
    const { p, arrive, go } = await slow();
    const first = p.start(RUN);
    await arrive.arrived();
    const second = p.start(RUN);
    await waiting(second);
    first.kill("SIGKILL");
    await first;
    await arrive.arrived();
    await go.open();
    const { exitCode, stdout } = await second;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/"outcome":"ran"/);
  });

  it("the second tries it once itself when the first has failed", async () => {
    const p = new Project();
    const [arrive, go] = [await Gate.at(p.path("arrive")), await Gate.at(p.path("go"))];
    p.write(
      "p.yaml",
      `steps:\n  bad: { run: "echo > ${arrive.path}; read x < ${go.path}; exit 3", outputs: { o: o } }\n`,
    );
    const first = p.start(RUN);
    await arrive.arrived();
    const second = p.start(RUN);
    await waiting(second);
    await go.open();
    expect((await first).exitCode).toBe(1);
    await arrive.arrived();
    await go.open();
    const { exitCode, stdout } = await second;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/exit code 3/);
  });

  it("the second ends at once on Ctrl-C, and leaves the first alone", async () => {
    const { p, arrive, go } = await slow();
    const first = p.start(RUN);
    await arrive.arrived();
    const second = p.start(RUN);
    await waiting(second);
    second.kill("SIGINT");
    const { exitCode, stdout } = await second;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/"outcome":"cancelled"/);
    await go.open();
    expect((await first).exitCode).toBe(0);
  });

  it("one that was overtaken while it slept does not record, and takes what the other made", async () => {
    const { p, arrive, go } = await slow();
    const first = p.start(RUN);
    await arrive.arrived();
    // An successor that has taken it for dead. Its hold follows the first's, and nothing has been recorded under it yet.
    const store = new Store(p.path("artifacts"), systemClock);
    const key = readdirSync(p.path("artifacts", "locks"))[0] ?? "";
    const successors = new KeyLocks(p.path("artifacts", "locks"), store.disk, () => true);
    const successor = successors.take(key, store.live.enter("successor").owner);
    if (!("release" in successor)) throw new Error("not taken over");
    await go.open();
    expect(JSON.parse(await waiting(first))).toMatchObject({ waitsFor: { run: "successor" } });
    expect(store.records.has(key)).toBe(false);
    successor.release();
    await arrive.arrived();
    await go.open();
    expect((await first).exitCode).toBe(0);
  });

  it("each make it, one after the other, when both are told to (--force)", async () => {
    const { p, arrive, go } = await slow();
    const first = p.start([...RUN, "--force"]);
    await arrive.arrived();
    const second = p.start([...RUN, "--force"]);
    await waiting(second);
    await go.open();
    await arrive.arrived();
    await go.open();
    expect((await first).stdout).toMatch(/"outcome":"ran"/);
    expect((await second).stdout).toMatch(/"outcome":"ran"/);
  });
});

describe("eight runs at once, some of them killed", () => {
  it("make each step once, do not fail, and leave nothing behind", async () => {
    const { failures } = await shareWork({ seed: 4, rounds: 1, processes: 8, steps: 50 });
    expect(failures).toEqual([]);
  });
});
