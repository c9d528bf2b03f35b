import { collectAmongRuns } from "./collect.js";
import { shareWork } from "./concurrency.js";
import { editPipelines } from "./edits.js";
import { enumerateDamage } from "./damage.js";
import { fuzzStore } from "./fuzz-store.js";
import { injectFaults } from "./inject.js";
import { killRuns } from "./kills.js";
import { fuzzPipelines } from "./pipelines/index.js";

/** What a campaign did, in numbers of its own, and what it found. */
export interface Found {
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

export type Campaign = (seed: number, quick: boolean) => Promise<Found>;

/** By name, in an order that keeps two cores busy to the end. */
export const campaigns: Readonly<Record<string, Campaign>> = {
  async kills(seed, quick) {
    const { kills, byTarget, orphans, failures } = await killRuns({ seed, kills: quick ? 20 : 200 });
    return { counts: { kills, ...byTarget, orphans }, failures };
  },
  async pipelines(seed, quick) {
    const size = quick ? { texts: 1000, calls: 4 } : { texts: 100_000, calls: 50 };
    const { failures, ...counts } = await fuzzPipelines({ seed, ...size });
    return { counts, failures };
  },
  async edits(seed, quick) {
    const { failures, ...counts } = await editPipelines(seed, quick ? 10 : 1000);
    return { counts, failures };
  },
  async gc(seed, quick) {
    const { runs, gcs, kills, failures } = await collectAmongRuns({ seed, rounds: quick ? 1 : 6 });
    return { counts: { runs, gcs, kills }, failures };
  },
  async faults(seed, quick) {
    const { injected, failures } = await injectFaults({ seed, share: quick ? 0.05 : 1 });
    return { counts: { injected }, failures };
  },
  async store(seed, quick) {
    const size = quick ? { files: 300, runs: 5, calls: 3 } : { files: 20_000, runs: 200, calls: 50 };
    const { failures, byKind, ...counts } = await fuzzStore({ seed, ...size });
    return { counts: { ...counts, ...byKind }, failures };
  },
  async damage(seed, quick) {
    const { cases, failures } = await enumerateDamage({ seed, oneOfAKind: quick, share: quick ? 0.1 : 1 });
    return { counts: { cases }, failures };
  },
  async concurrency(seed, quick) {
    const { cases, kills, failures } = await shareWork({ seed, rounds: quick ? 2 : 10 });
    return { counts: { cases, kills }, failures };
  },
};
