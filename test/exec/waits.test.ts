import { describe, expect, it } from "@jest/globals";
import { Waits } from "../../runner/exec/waits.js";

/** A store in which the test says who holds what, and when time passes. */
function world() {
  const held = new Map<string, string>();
  const dead = new Set<string>();
  const pauses: number[] = [];
  let next: (() => void) | undefined;
  const store = {
    locks: { holder: (key: string) => ({ owner: key, token: held.get(key) ?? "" }) },
    live: { isDead: (owner: string) => dead.has(owner) },
  } as unknown as ConstructorParameters<typeof Waits>[0];
  const waits = new Waits(store, (ms, signal) => {
    pauses.push(ms);
    return new Promise((resolve, reject) => {
      next = () => resolve(undefined);
      signal.addEventListener("abort", () => reject(new Error("closed")));
    });
  });
  /** Lets one pause pass, and all that follows from it. */
  const tick = async (): Promise<void> => {
    next?.();
    await new Promise(resolve => setImmediate(resolve));
  };
  const wait = (key: string) => {
    const state = { freed: false };
    held.set(key, "1");
    void waits.freed(key, { owner: key, token: "1" }).then(() => (state.freed = true));
    return state;
  };
  return { held, dead, pauses, waits, tick, wait };
}

describe("waiting for another run", () => {
  it("ends when the hold is released, held by another, or its owner is dead; each by itself", async () => {
    const { held, dead, tick, wait } = world();
    const [a, b, c, d] = [wait("a"), wait("b"), wait("c"), wait("d")];
    await tick();
    held.delete("a");
    await tick();
    expect([a.freed, b.freed, c.freed, d.freed]).toEqual([true, false, false, false]);
    held.set("b", "2");
    dead.add("c");
    await tick();
    expect([a.freed, b.freed, c.freed, d.freed]).toEqual([true, true, true, false]);
  });

  it("looks often at first, then twice a second, and not at all when nothing is waited for", async () => {
    const { held, pauses, tick, wait } = world();
    wait("a");
    for (let i = 0; i < 30; i++) await tick();
    expect(pauses[0]).toBe(10);
    expect(pauses.at(-1)).toBe(500);
    expect(Math.max(...pauses)).toBe(500);
    held.delete("a");
    await tick();
    const looks = pauses.length;
    await tick();
    expect(pauses.length).toBe(looks);
    wait("b");
    expect(pauses.at(-1)).toBe(10);
  });

  it("ends at once when the run does", async () => {
    const { waits, pauses, tick, wait } = world();
    const a = wait("a");
    waits.close();
    await tick();
    expect(a.freed).toBe(false);
    expect(pauses.length).toBe(1);
  });
});
