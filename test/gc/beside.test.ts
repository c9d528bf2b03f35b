/** Runs and gcs of one store: who waits for whom. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { dryRun, gc } from "../../runner/store/gc/gc.js";
import type { Policy } from "../../runner/store/gc/gc-plan.js";
import { enterShared } from "../../runner/store/locks/turns.js";
import { Laboratory } from "../faults/laboratory.js";

const lab = new Laboratory();
afterAll(() => lab.remove());

const NOTHING: Policy = { keepLast: 0, keep: new Set(), locked: new Set() };

/** Does `act` before the disk's `at`-th operation; `count` tells how many there were. */
function interrupted(at: number, act: (name: keyof Disk, args: unknown[]) => void) {
  let count = 0;
  const entries = Object.entries(systemDisk).map(([name, real]) => [
    name,
    (...args: unknown[]) => {
      if (at < 0 || count++ === at) act(name as keyof Disk, args);
      return (real as (...given: unknown[]) => unknown)(...args);
    },
  ]);
  return { disk: Object.fromEntries(entries) as Disk, count: () => count };
}

async function prepare(): Promise<void> {
  lab.restore();
  expect((await lab.run(lab.store(), { word: "before" })).outcome).toBe("done");
  expect((await lab.run(lab.store())).outcome).toBe("done");
  lab.save("beside");
}

describe("a gc beside a run", () => {
  it("waits for the run, says for which, and is itself waited for by one that begins", async () => {
    await prepare();
    const store = lab.store();
    const entered = await enterShared(store, "first");
    const waited: string[] = [];
    const collecting = gc(lab.store(), NOTHING, {
      wait: setImmediate,
      waits: ({ run, pid }) => void waited.push(`${run} ${pid}`),
      // It is at work when it sweeps.
      sweep: async () => {
        const second = lab.store();
        let looks = 0;
        const abort = new AbortController();
        const hooks = {
          waits: ({ run }: { run: string }) => void waited.push(run.replace(/\d+$/, "N")),
          wait: () => {
            if (++looks === 3) abort.abort(new Error("long enough"));
            return Promise.resolve();
          },
          signal: abort.signal,
        };
        await expect(enterShared(second, "second", hooks)).rejects.toThrow("long enough");
        expect(looks).toBe(3);
      },
    });
    while (waited.length === 0) await setImmediate();
    const keys = store.records.keys();
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys)
      for (const ref of Object.values(store.records.get(key)?.outputs ?? {}))
        expect(await store.objects.check(ref)).toBe("whole");
    entered.leave();
    expect((await collecting).freed).toBeGreaterThan(0);
    expect(waited).toEqual([`first ${process.pid}`, "gc-N"]);
    expect(left("objects")).toEqual([]);
    (await enterShared(lab.store(), "third")).leave();
  });

  it("never is at work together with it, whenever the run begins", async () => {
    await prepare();
    let operations = 1;
    const begun = { refused: 0, together: 0 };
    for (let at = 0; at < operations; at += 3) {
      lab.restore("beside");
      const store = lab.store();
      // A run that enters and looks at once, in the midst of the gc's operations.
      const enter = (): void => {
        const entered = store.live.enter("beside");
        const isGcThere = readdirSync(join(lab.root, "locks")).length > 0;
        if (isGcThere) begun.refused++;
        else {
          begun.together++;
          // It stays: nothing may go from here on.
          const before = left("objects");
          queue.push(() => {
            expect(left("objects")).toEqual(before);
          });
        }
        queue.push(() => entered.leave());
      };
      const queue: (() => void)[] = [];
      systemDisk.makeFolder(join(lab.root, "locks"));
      const { disk, count } = interrupted(at, enter);
      const wait = (): Promise<void> => {
        for (const act of queue.splice(0)) act();
        return Promise.resolve();
      };
      await gc(lab.store(disk), NOTHING, { wait });
      operations = count();
      for (const act of queue.splice(0)) act();
    }
    expect([operations > 50, begun.refused > 5, begun.together > 0]).toEqual([true, true, true]);
  });

  it.each(["EACCES", "EMFILE", "EIO"])("removes nothing when a manifest cannot be read: %s", async code => {
    await prepare();
    const before = left("objects");
    const { disk } = interrupted(-1, (name, args) => {
      if (name === "readFile" && String(args[0]).endsWith(".tree"))
        throw Object.assign(new Error(`${code}: for the moment`), { code });
    });
    const keepLast1 = { ...NOTHING, keepLast: 1 };
    await expect(gc(lab.store(disk), keepLast1)).rejects.toThrow("for the moment");
    expect(left("objects")).toEqual(before);
  });

  it("waits for another gc, and both come to an end", async () => {
    await prepare();
    const waits: number[] = [];
    const both = [
      gc(lab.store(), NOTHING),
      gc(lab.store(), NOTHING, { waits: ({ pid }) => void waits.push(pid) }),
    ];
    const [first, second] = await Promise.all(both);
    expect(first?.freed).toBeGreaterThan(0);
    expect([second?.freed, waits.length]).toEqual([0, 1]);
  });

  it("plans the same twice, and nothing after it was done", async () => {
    await prepare();
    const [one, two] = [await dryRun(lab.store(), NOTHING), await dryRun(lab.store(), NOTHING)];
    expect(one.plan.freed).toBeGreaterThan(0);
    expect(two.plan.freed).toBe(one.plan.freed);
    expect((await gc(lab.store(), NOTHING)).freed).toBe(one.plan.freed);
    expect((await dryRun(lab.store(), NOTHING)).plan.entries).toEqual([]);
  });
});

function left(area: string): string[] {
  const found = readdirSync(join(lab.root, area), { recursive: true, withFileTypes: true });
  return found.filter(entry => entry.isFile()).map(entry => entry.name);
}
