import { cpSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../core/clock.js";
import type { Rerun } from "../lock/label.js";
import type { Graph } from "../pipeline/graph/graph.js";
import { Digester } from "../store/objects/digest.js";
import { StatCache } from "../store/memory/stat-cache.js";
import type { Executor, Job, JobHooks, JobResult } from "./process/job.js";
import { metricsFrom } from "./attempt/outputs.js";

/** Jobs find no part that was made before them, so that they begin from nothing. What they make is kept as ever. */
export function withoutParts(executor: Executor): Executor {
  return {
    run(job, hooks, signal) {
      const own = new Map<string, string>();
      const hiding: JobHooks = {
        ...hooks,
        findPart: key => Promise.resolve(own.get(key)),
        claimPart: key => {
          const path = own.get(key);
          return Promise.resolve(path === undefined ? { state: "yours" } : { state: "there", path });
        },
        async keepPart(key, path) {
          const kept = await hooks.keepPart(key, path);
          own.set(key, kept);
          return kept;
        },
      };
      return executor.run(job, hiding, signal);
    },
  };
}

/**
 * Runs each job twice, in the same folder with the same files in it, and tells what differs. The second result is the
 * job's; one that fails has failed the job. A job's folder is laid out as staging.ts says.
 */
export function twice(
  executor: Executor,
  graphNow: () => Graph,
  clock: Clock,
  told: (id: string, rerun: Rerun) => void,
): Executor {
  return {
    async run(job, hooks, signal) {
      const folder = dirname(job.cwd);
      const [untouched, aside] = [`${folder}.untouched`, `${folder}.first`];
      try {
        cpSync(folder, untouched, { recursive: true, verbatimSymlinks: true });
        const first = await executor.run(job, hooks, signal);
        if (!first.ok) return first;
        renameSync(folder, aside);
        renameSync(untouched, folder);
        const second = await executor.run(job, hooks, signal);
        if (!second.ok) return { ...second, error: `run a second time it failed: ${second.error}` };
        const outputs = outputsOf(job, graphNow());
        const before = moved(outputs, folder, aside);
        told(job.id, {
          differing: await differing(before, outputs, new Digester(new StatCache("", clock))),
          metrics: [await metricsOf(job, first, before), await metricsOf(job, second, outputs)],
        });
        return second;
      } finally {
        for (const path of [untouched, aside]) rmSync(path, { recursive: true, force: true });
      }
    },
  };
}

type Paths = Readonly<Record<string, string>>;

function outputsOf({ id, program, cwd }: Job, graph: Graph): Paths {
  if (program.type === "kind") return program.outputs;
  const work = graph.byId.get(id)?.work;
  const declared = work?.type === "command" ? Object.entries(work.outputs) : [];
  return Object.fromEntries(declared.map(([name, path]) => [name, join(dirname(cwd), "outputs", path)]));
}

function moved(paths: Paths, from: string, to: string): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([name, path]) => [name, join(to, path.slice(from.length))]),
  );
}

async function differing(before: Paths, after: Paths, digester: Digester): Promise<string[]> {
  const found: string[] = [];
  for (const [name, path] of Object.entries(after)) {
    const [a, b] = [await digester.content(before[name] ?? ""), await digester.content(path)];
    if (a.digest !== b.digest || a.type !== b.type) found.push(name);
  }
  return found;
}

async function metricsOf({ program }: Job, result: Extract<JobResult, { ok: true }>, outputs: Paths) {
  return program.type === "command" ? (await metricsFrom(outputs)).metrics : result.metrics;
}
