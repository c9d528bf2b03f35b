import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { KeyLocks, type KeyLock } from "../../runner/store/locks/key-locks.js";
import { memoryFolder } from "../rig/temp.js";

const KEY = "a".repeat(64);
const isLock = (got: object): got is KeyLock => "release" in got;

/** A process was killed in the middle of something. */
class Killed extends Error {}

interface Actor {
  readonly name: string;
  readonly locks: KeyLocks;
  lock: KeyLock | undefined;
  /** In the middle of an operation, which others may interrupt. */
  busy: boolean;
}

/**
 * Actors that share a folder. Before any operation of any of them on the disk, others may do whole things of their own
 * (which may be interrupted in turn), or the one that was about to act may be killed: what threads of time can do to
 * processes, decided by `choices`.
 */
class World {
  readonly folder = join(memoryFolder(), "locks");
  readonly actors: Actor[] = [];
  readonly dead = new Set<string>();
  readonly faults: string[] = [];
  #turn = 0;
  #born = 0;

  constructor(private readonly choices: readonly number[]) {
    for (let i = 0; i < 3; i++) this.#bear(i);
  }

  /** Lets one that is not in the middle of something take the lock, or release it. */
  step(): void {
    const idle = this.actors.filter(actor => !actor.busy);
    const actor = idle[this.#choose() % Math.max(1, idle.length)];
    if (actor === undefined) return;
    actor.busy = true;
    try {
      if (actor.lock === undefined) {
        const got = actor.locks.take(KEY, actor.name);
        if (isLock(got)) actor.lock = got;
        else if (this.dead.has(got.owner)) this.faults.push(`${actor.name} was told to wait for the dead`);
      } else {
        const { lock } = actor;
        if (!lock.held()) this.faults.push(`${actor.name} was overtaken alive`);
        lock.release();
        actor.lock = undefined;
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      actor.busy = false;
    }
    const holders = this.actors.filter(one => one.lock !== undefined && !one.busy);
    if (holders.length > 1) this.faults.push(`${holders.map(one => one.name).join(" and ")} hold it`);
  }

  #interrupt(actor: Actor): void {
    const choice = this.#choose() % 8;
    if (choice === 0) {
      this.dead.add(actor.name);
      this.#bear(this.actors.indexOf(actor));
      throw new Killed();
    }
    if (choice < 4) this.step();
  }

  #bear(at: number): void {
    const name = `actor${this.#born++}`;
    const disk = new Proxy(systemDisk, {
      get: (target, operation: keyof Disk) => {
        const act: unknown = Reflect.get(target, operation);
        return (...args: unknown[]): unknown => {
          const actor = this.actors.find(one => one.name === name);
          if (actor !== undefined) this.#interrupt(actor);
          return (act as (...given: unknown[]) => unknown)(...args);
        };
      },
    });
    const locks = new KeyLocks(this.folder, disk, owner => this.dead.has(owner));
    this.actors[at] = { name, locks, lock: undefined, busy: false };
  }

  #choose(): number {
    return this.choices[this.#turn++] ?? 7;
  }
}

describe("locks", () => {
  it("belong to one, whatever happens between any two operations of any process", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 10, maxLength: 200 }), choices => {
        const world = new World(choices);
        for (let turn = 0; turn < 12; turn++) world.step();
        expect(world.faults).toEqual([]);
        // Whatever the dead have left: it can be had in the end, and leaves nothing.
        const last = new KeyLocks(world.folder, systemDisk, () => true);
        const lock = last.take(KEY, "last");
        expect(isLock(lock) && lock.held()).toBe(true);
        if (isLock(lock)) lock.release();
        last.sweep("last");
        expect(readdirSync(world.folder)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it("tell whom they follow, and one that was wrongly taken for dead that it was overtaken", () => {
    const folder = join(memoryFolder(), "locks");
    const given = new Set<string>();
    const locks = new KeyLocks(folder, systemDisk, owner => given.has(owner));
    const first = locks.take(KEY, "first");
    expect(locks.take(KEY, "second")).toMatchObject({ owner: "first" });
    given.add("first");
    const second = locks.take(KEY, "second");
    given.add("second");
    const third = locks.take(KEY, "third");
    if (!isLock(first) || !isLock(second) || !isLock(third)) throw new Error("not held");
    expect(third.after).toEqual(["first", "second"]);
    expect([first.held(), second.held(), third.held()]).toEqual([false, false, true]);
    // The overtaken wake up and let go of what is no longer theirs.
    first.release();
    second.release();
    expect(third.held()).toBe(true);
    third.release();
    expect(readdirSync(folder)).toEqual([]);
    const fourth = locks.take(KEY, "fourth");
    first.release();
    second.release();
    third.release();
    expect(isLock(fourth) && fourth.held()).toBe(true);
  });

  it("are not stopped by what no vistas has put in their place", () => {
    const folder = join(memoryFolder(), "locks");
    mkdirSync(join(folder, KEY, "a folder"), { recursive: true });
    writeFileSync(join(folder, "b".repeat(64)), "a file");
    const locks = new KeyLocks(folder, systemDisk, owner => owner === "");
    for (const key of [KEY, "b".repeat(64)]) {
      const lock = locks.take(key, "one");
      if (!isLock(lock)) throw new Error("not held");
      expect(lock.held()).toBe(true);
      lock.release();
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
