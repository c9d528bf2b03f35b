/** A run that is under way while a gc is at work: at each of the gc's operations on the disk, it does what runs do. */
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { dryRun, gc } from "../../runner/store/gc.js";
import type { Policy } from "../../runner/store/gc-plan.js";
import type { Store } from "../../runner/store/store.js";
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

/** A run that has begun, of which the test says when its heart beats. */
function begin(store: Store) {
  let beat = (): void => undefined;
  const entered = store.live.enter("beside", (_, each) => {
    beat = each;
    return () => undefined;
  });
  return { entered, beat: () => beat() };
}

function afterA(beat: () => void): () => Promise<void> {
  return () => {
    beat();
    return Promise.resolve();
  };
}

async function prepare(): Promise<string[]> {
  lab.restore();
  expect((await lab.run(lab.store(), { word: "before" })).outcome).toBe("done");
  expect((await lab.run(lab.store())).outcome).toBe("done");
  lab.save("beside");
  lab.tick();
  return lab.store().records.keys();
}

describe("a gc beside a run", () => {
  it("leaves whole what the run has found, whenever it found it", async () => {
    const keys = await prepare();
    let operations = 1;
    let found = 0;
    for (let at = 0; at < operations; at += 5) {
      lab.restore("beside");
      lab.tick();
      const store = lab.store();
      const { entered, beat } = begin(store);
      const key = keys[at % keys.length] ?? "";
      const look = (): void => {
        entered.uses(key);
        store.records.get(key);
      };
      const { disk, count } = interrupted(at, look);
      await gc(lab.store(disk), NOTHING, { wait: afterA(beat) });
      operations = count();
      const record = store.records.get(key);
      if (record !== undefined) {
        found++;
        for (const ref of Object.values(record.outputs)) expect(await store.objects.check(ref)).toBe("whole");
        expect(lab.store().records.of(key, record.result)).toEqual(record);
      }
      entered.leave();
    }
    expect([operations > 150, found > 5, found < operations / 5]).toEqual([true, true, true]);
  });

  it("puts back an object that a run has come to rely on as it was being taken away", async () => {
    await prepare();
    const rescued: string[] = [];
    const { disk } = interrupted(-1, (name, args) => {
      const [file = ""] = args as string[];
      if (name !== "rename" || !/\/objects\/..\/[0-9a-f]{64}(\.x|\.tree)?$/.test(file)) return;
      // Every other one: marked as `take` does, or put there anew.
      const { mtimeMs } = statSync(file);
      if (rescued.length % 2 === 0) utimesSync(file, mtimeMs / 1000 - 2, Math.floor(mtimeMs / 1000) - 2);
      else {
        const bytes = readFileSync(file);
        writeFileSync(`${file}.new`, bytes);
        systemDisk.rename(`${file}.new`, file);
      }
      rescued.push(file);
    });
    await gc(lab.store(disk), NOTHING);
    expect(rescued.length).toBeGreaterThan(5);
    for (const file of rescued) expect(statSync(file).isFile()).toBe(true);
    expect(left("objects").filter(name => name.includes(".tmp"))).toEqual([]);
  });

  it("takes nothing that was touched since the run began, though no record names it", async () => {
    await prepare();
    const store = lab.store();
    const { entered, beat } = begin(store);
    const file = join(lab.aside, "..", "made");
    writeFileSync(file, "made by the run, and not yet recorded\n");
    const ref = await store.objects.take(file);
    await gc(lab.store(), NOTHING, { wait: afterA(beat) });
    expect(await store.objects.check(ref)).toBe("whole");
    entered.leave();
    lab.tick();
    await gc(lab.store(), NOTHING);
    expect(left("objects")).toEqual([]);
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
      gc(lab.store(), NOTHING, { waits: (_, pid) => void waits.push(pid) }),
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
