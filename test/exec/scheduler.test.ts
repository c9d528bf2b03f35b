import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Leases, type Lease } from "../../runner/exec/leases.js";
import { schedule, type Performed, type Work } from "../../runner/exec/scheduler.js";
import type { GraphNode } from "../../runner/pipeline/graph/graph.js";

interface Plan {
  readonly node: GraphNode;
  readonly needs: readonly number[];
  readonly key: number;
  readonly result: "ok" | "fail" | "cached";
  /** How often it is found that another run is making it; "again": how often its own making is of no use. */
  readonly waits: number;
  readonly again: number;
  readonly effort: number | undefined;
}

/** Random graphs: node i takes from some before it; a few share keys, fail, or are cached. */
const plans = fc
  .array(
    fc.record({
      picks: fc.array(fc.nat(), { maxLength: 3 }),
      key: fc.nat({ max: 30 }),
      result: fc.constantFrom("ok", "ok", "ok", "cached", "fail"),
      cpus: fc.integer({ min: 0, max: 3 }),
      gpus: fc.integer({ min: 0, max: 2 }),
      waits: fc.constantFrom(0, 0, 0, 1, 2),
      again: fc.constantFrom(0, 0, 0, 1),
      step: fc.constantFrom("a", "b", "c"),
      effort: fc.constantFrom(undefined, 1, 2, 3),
    }),
    { maxLength: 25 },
  )
  .map(rows =>
    rows.map((row, i): Plan => {
      const needs = i === 0 ? [] : [...new Set(row.picks.map(pick => pick % i))];
      const inputs = needs.map(n => ({
        role: `r${n}`,
        source: { type: "artifact", node: `n${n}`, output: "o" } as const,
      }));
      const { key, result, waits, again, effort } = row;
      const node = { ...nodeOf(`n${i}`, inputs, row.cpus, row.gpus), step: row.step };
      return { node, needs, key, result, waits, again, effort };
    }),
  );

function nodeOf(id: string, inputs: GraphNode["inputs"], cpus: number, gpus: number): GraphNode {
  return {
    ...{ id, step: id, labels: {}, inputs, env: [], retries: 0, at: [] },
    work: { type: "command", form: "argv", words: [], outputs: {} },
    resources: { cpus, gpus, memory: 0 },
  };
}

const CAPACITY = { cpus: 2, gpus: [0, 1], memory: 0 };

/** Runs a plan; work ends in an order that the seed decides. */
async function simulate(plan: readonly Plan[], keepGoing: boolean, order: number) {
  const ended = new Map<string, string>();
  const made = new Set<number>();
  const making = new Set<number>();
  const held: Lease[] = [];
  const faults: string[] = [];
  const open: (() => void)[] = [];
  const waited = new Map<string, number>();
  const again = new Map<string, number>();
  const of = (node: GraphNode): Plan => plan[Number(node.id.slice(1))] as Plan;
  let turn = order;
  const work: Work = {
    grow: () => undefined,
    settle: node => {
      const { needs, key, result } = of(node);
      if (!needs.every(n => ["done", "cached"].includes(ended.get(`n${n}`) ?? "")))
        faults.push(`${node.id} came before its inputs`);
      if (result === "cached" || made.has(key)) {
        ended.set(node.id, "cached");
        return Promise.resolve({ done: true });
      }
      return Promise.resolve({ done: false, key: String(key), effort: of(node).effort });
    },
    reserve: node => {
      const times = waited.get(node.id) ?? 0;
      if (times >= of(node).waits) return undefined;
      waited.set(node.id, times + 1);
      return new Promise(resolve => setImmediate(resolve));
    },
    perform: (node, lease) => {
      const { key, result } = of(node);
      if (making.has(key)) faults.push(`${node.id}: its key is made twice at once`);
      if (made.has(key)) faults.push(`${node.id}: its key was made before`);
      making.add(key);
      held.push(lease);
      const gpus = held.flatMap(l => l.gpus);
      if (new Set(gpus).size !== gpus.length) faults.push("a GPU is lent twice");
      if (held.reduce((sum, l) => sum + l.cpus, 0) > CAPACITY.cpus) faults.push("too many cores are lent");
      return new Promise<Performed>(resolve => {
        open.push(() => {
          making.delete(key);
          held.splice(held.indexOf(lease), 1);
          const times = again.get(node.id) ?? 0;
          if (times < of(node).again) {
            again.set(node.id, times + 1);
            resolve("again");
            return;
          }
          if (result === "ok") made.add(key);
          ended.set(node.id, result === "ok" ? "done" : "failed");
          resolve(result === "ok" ? "done" : "failed");
        });
        // Which of the running ones ends next is decided once the scheduler has started all that it can.
        setImmediate(() => open.splice((turn = (turn * 31 + 7) % 1009) % open.length, 1)[0]?.());
      });
    },
    abandon: (node, outcome) => void ended.set(node.id, outcome),
    unsettled: node => void ended.set(node.id, "failed"),
  };
  await schedule(
    plan.map(p => p.node),
    new Leases(CAPACITY, 4),
    work,
    { keepGoing, signal: new AbortController().signal },
  );
  return { ended, faults, left: held.length };
}

/** In which order nodes start on one core: by id, whose first letter is the step, what there is to do. */
async function begunOnOneCore(efforts: Readonly<Record<string, number | undefined>>): Promise<string[]> {
  const begun: string[] = [];
  await schedule(
    Object.keys(efforts).map(id => ({ ...nodeOf(id, [], 1, 0), step: id.charAt(0) })),
    new Leases({ ...CAPACITY, cpus: 1 }, 1),
    {
      settle: ({ id }) => Promise.resolve({ done: false, key: id, effort: efforts[id] }),
      reserve: () => undefined,
      perform: ({ id }) => {
        begun.push(id);
        return Promise.resolve("done");
      },
      abandon: () => undefined,
      unsettled: () => undefined,
      grow: () => undefined,
    },
    { keepGoing: false, signal: new AbortController().signal },
  );
  return begun;
}

describe("the scheduler", () => {
  it("ends every node once, in order, within what may be lent", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.boolean(), fc.nat({ max: 1000 }), async (plan, keepGoing, order) => {
        const { ended, faults, left } = await simulate(plan, keepGoing, order);
        expect(faults).toEqual([]);
        expect(left).toBe(0);
        expect(ended.size).toBe(plan.length);
      }),
      { numRuns: 300 },
    );
  });

  it("starts the instances of a step with the most to do first, before the steps behind it", async () => {
    const efforts = { a1: 1, a4: 4, a2: 2, a3: 3, b9: 9, c0: undefined };
    expect(await begunOnOneCore(efforts)).toEqual(["a4", "a3", "a2", "a1", "b9", "c0"]);
  });

  it("when stopped does not wait for what another run is making", async () => {
    const abort = new AbortController();
    const ended: string[] = [];
    await schedule(
      [nodeOf("n", [], 1, 0)],
      new Leases(CAPACITY, 4),
      {
        settle: () => Promise.resolve({ done: false, key: "k" }),
        reserve: () => {
          setImmediate(() => abort.abort());
          return new Promise(() => undefined);
        },
        perform: () => Promise.reject(new Error("never")),
        abandon: (_, outcome) => void ended.push(outcome),
        unsettled: () => undefined,
        grow: () => undefined,
      },
      { keepGoing: false, signal: abort.signal },
    );
    expect(ended).toEqual(["cancelled"]);
  });

  it("with keep-going leaves out exactly what depends on a failure", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat({ max: 1000 }), async (plan, order) => {
        const { ended } = await simulate(plan, true, order);
        for (const { node, needs } of plan) {
          const lost = needs.some(n => ["failed", "skipped"].includes(ended.get(`n${n}`) ?? ""));
          expect(ended.get(node.id) === "skipped").toBe(lost);
        }
      }),
      { numRuns: 300 },
    );
  });
});
