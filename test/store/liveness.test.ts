import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import type { Clock } from "../../runner/core/clock.js";
import { systemDisk } from "../../runner/store/disk.js";
import { LiveRuns, PATIENCE_S } from "../../runner/store/locks/liveness.js";
import { livenessOf, ownerText, parseOwner } from "../../runner/store/locks/owner.js";
import { tempFolder } from "../rig/temp.js";

const ELSEWHERE = "run@another-host@place@17@123";

function world() {
  const folder = join(tempFolder(), "work");
  let now = 0;
  const clock: Clock = { now: () => new Date(0), seconds: () => now, token: () => "" };
  const runs = new LiveRuns(folder, clock, systemDisk);
  /** Looks each second for so long. */
  const watch = (seconds: number): boolean => {
    for (let i = 0; i < seconds; i++) {
      now += 1;
      runs.isDead(ELSEWHERE);
    }
    return runs.isDead(ELSEWHERE);
  };
  const beat = (owner: string): void => appendFileSync(join(folder, owner, "alive"), ".");
  return { folder, runs, watch, beat, sleep: (seconds: number) => void (now += seconds) };
}

describe("an owner", () => {
  it("is told from any other, past and present, of this machine and of others", async () => {
    const own = ownerText("r");
    const me = parseOwner(own);
    if (me === undefined) throw new Error("unreadable");
    expect(me).toMatchObject({ run: "r", pid: process.pid });
    expect(livenessOf(me)).toBe("alive");
    expect(livenessOf({ ...me, start: "1" })).toBe("gone");
    expect(livenessOf({ ...me, host: `${hostname()}-2` })).toBe("elsewhere");
    // A container of the same name, or this machine before it was started anew.
    expect(livenessOf({ ...me, place: "0123456789ab" })).toBe("elsewhere");
    expect(["", "a@b", "r@h@p@x@s", `${own}@more`].map(parseOwner)).toEqual(Array(4).fill(undefined));

    const child = execa("sleep", ["1000"], { reject: false });
    const { pid = 0 } = child;
    child.kill("SIGSTOP");
    // Not on Linux: nothing is known of when a process began, or whether it is stopped.
    const start = me.start === "" ? "" : undefined;
    const other = () => livenessOf({ ...me, pid, start: start ?? startOf(pid) });
    while (other() === "alive" && start === undefined) await new Promise(resolve => setImmediate(resolve));
    expect(other()).toBe(start === undefined ? "stopped" : "alive");
    const then = { ...me, pid, start: start ?? startOf(pid) };
    child.kill("SIGKILL");
    await child;
    expect(livenessOf(then)).toBe("gone");
  });
});

/** As `ownerText` would write it in that process. */
function startOf(pid: number): string {
  const line = systemDisk.readFile(`/proc/${pid}/stat`).toString("latin1");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

describe("a run on another host", () => {
  it("is dead when it has not been heard of for long enough, by the observer's own clock", () => {
    const { folder, runs, watch, beat } = world();
    mkdirSync(join(folder, ELSEWHERE), { recursive: true });
    beat(ELSEWHERE);
    expect(watch(PATIENCE_S - 1)).toBe(false);
    beat(ELSEWHERE);
    expect(watch(PATIENCE_S - 1)).toBe(false);
    expect(watch(5)).toBe(true);
    expect(runs.list()).toEqual([]);
    beat(ELSEWHERE);
    expect(runs.isDead(ELSEWHERE)).toBe(false);
    expect(runs.list()).toMatchObject([{ run: "run", host: "another-host", pid: 17 }]);
  });

  it("is not taken for dead by an observer that was asleep itself", () => {
    const { folder, runs, beat, sleep } = world();
    mkdirSync(join(folder, ELSEWHERE), { recursive: true });
    beat(ELSEWHERE);
    expect(runs.isDead(ELSEWHERE)).toBe(false);
    sleep(100_000);
    expect(runs.isDead(ELSEWHERE)).toBe(false);
  });

  it("is dead when it has left", () => {
    const { folder, runs, beat } = world();
    mkdirSync(join(folder, ELSEWHERE), { recursive: true });
    beat(ELSEWHERE);
    expect(runs.isDead(ELSEWHERE)).toBe(false);
    rmSync(join(folder, ELSEWHERE), { recursive: true });
    expect(runs.isDead(ELSEWHERE)).toBe(true);
  });
});

describe("a run that has entered", () => {
  it("beats although its process is kept from everything else", () => {
    const { folder, runs } = world();
    const entered = runs.enter("busy");
    const beats = (): number => statSync(join(folder, entered.owner, "alive")).size;
    try {
      entered.beatApart();
      const before = beats();
      const end = performance.now() + 20_000;
      // Not a turn of the event loop, as in a call of the system that does not return.
      while (beats() < before + 2 && performance.now() < end);
      expect(beats()).toBe(before + 2);
    } finally {
      entered.leave();
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not brought back to life by a beat after the run was swept away", () => {
    const { folder, runs } = world();
    let beat = (): void => undefined;
    const entered = runs.enter("one", (_, given) => {
      beat = given;
      return () => undefined;
    });
    rmSync(join(folder, entered.owner), { recursive: true });
    beat();
    expect(readdirSync(folder)).toEqual([]);
  });
});
