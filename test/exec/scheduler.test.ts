import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Leases, type Lease } from "../../runner/exec/leases.js";
import { schedule, type Performed, type Work } from "../../runner/exec/scheduler.js";
import type { GraphNode } from "../../runner/graph/types.js";

interface Plan {
  readonly node: GraphNode;
  readonly needs: readonly number[];
  readonly key: number;
  readonly result: "ok" | "fail" | "cached";
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
      const node: GraphNode = {
        ...{ id: `n${i}`, step: `n${i}`, labels: {}, inputs, env: [], retries: 0, at: [] },
        work: { type: "command", form: "argv", words: [], outputs: {} },
        resources: { cpus: row.cpus, gpus: row.gpus, memory: 0 },
      };
      return { node, needs, key: row.key, result: row.result };
    }),
  );

const CAPACITY = { cpus: 2, gpus: [0, 1], memory: 0 };

/** Runs a plan; work ends in an order that the seed decides. */
async function simulate(plan: readonly Plan[], keepGoing: boolean, order: number) {
  const ended = new Map<string, string>();
  const made = new Set<number>();
  const making = new Set<number>();
  const held: Lease[] = [];
  const faults: string[] = [];
  const open: (() => void)[] = [];
  const of = (node: GraphNode): Plan => plan[Number(node.id.slice(1))] as Plan;
  let turn = order;
  const work: Work = {
    settle: node => {
      const { needs, key, result } = of(node);
      if (!needs.every(n => ["done", "cached"].includes(ended.get(`n${n}`) ?? "")))
        faults.push(`${node.id} came before its inputs`);
      if (result === "cached" || made.has(key)) {
        ended.set(node.id, "cached");
        return Promise.resolve({ done: true });
      }
      return Promise.resolve({ done: false, key: String(key) });
    },
    perform: (node, lease) => {
      const { key, result } = of(node);
      if (making.has(key)) faults.push(`${node.id}: its key is made twice at once`);
      making.add(key);
      held.push(lease);
      const gpus = held.flatMap(l => l.gpus);
      if (new Set(gpus).size !== gpus.length) faults.push("a GPU is lent twice");
      if (held.reduce((sum, l) => sum + l.cpus, 0) > CAPACITY.cpus) faults.push("too many cores are lent");
      return new Promise<Performed>(resolve => {
        open.push(() => {
          making.delete(key);
          held.splice(held.indexOf(lease), 1);
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
