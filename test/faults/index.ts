/**
 * `npm run test:faults [-- --quick] [--seed N] [NAME ...]`: breaks the store in every way at hand and counts what was
 * wrong or lost. One JSON object a line for each campaign, then one with the totals; exit code 1 if anything was.
 */
import process from "node:process";
import { collectAmongRuns } from "./collect.js";
import { shareWork } from "./concurrency.js";
import { enumerateDamage } from "./damage.js";
import { fuzzStore } from "./fuzz-store.js";
import { injectFaults } from "./inject.js";
import { killRuns } from "./kills.js";
import { fuzzPipelines } from "./pipelines/index.js";

/** What a campaign did, in numbers of its own, and what it found. */
interface Found {
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

type Campaign = (seed: number, quick: boolean) => Promise<Found>;

const campaigns: Readonly<Record<string, Campaign>> = {
  async faults(seed, quick) {
    const { injected, failures } = await injectFaults({ seed, share: quick ? 0.05 : 1 });
    return { counts: { injected }, failures };
  },
  async kills(seed, quick) {
    const { kills, byTarget, orphans, failures } = await killRuns({ seed, kills: quick ? 20 : 220 });
    return { counts: { kills, ...byTarget, orphans }, failures };
  },
  async concurrency(seed, quick) {
    const { cases, kills, failures } = await shareWork({ seed, rounds: quick ? 2 : 20 });
    return { counts: { cases, kills }, failures };
  },
  async gc(seed, quick) {
    const { runs, gcs, kills, failures } = await collectAmongRuns({ seed, rounds: quick ? 1 : 10 });
    return { counts: { runs, gcs, kills }, failures };
  },
  async damage(seed, quick) {
    const { cases, failures } = await enumerateDamage({ seed, oneOfAKind: quick, share: quick ? 0.1 : 1 });
    return { counts: { cases }, failures };
  },
  async store(seed, quick) {
    const size = quick ? { files: 300, runs: 5, calls: 3 } : { files: 20_000, runs: 300, calls: 200 };
    const { failures, byKind, ...counts } = await fuzzStore({ seed, ...size });
    return { counts: { ...counts, ...byKind }, failures };
  },
  async pipelines(seed, quick) {
    const size = quick ? { texts: 1000, calls: 4 } : { texts: 100_000, calls: 300 };
    const { failures, ...counts } = await fuzzPipelines({ seed, ...size });
    return { counts, failures };
  },
};

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const at = words.indexOf("--seed");
const seed = at < 0 ? 0 : Number(words[at + 1]);
const named = words.filter((word, i) => !word.startsWith("--") && (at < 0 || i !== at + 1));
const unknown = named.filter(name => !(name in campaigns));
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `no such campaign: ${unknown.join(", ")}; there are: ${Object.keys(campaigns).join(", ")}\n`,
  );
  process.exit(2);
}

const totals = { wrong: 0, lost: 0, seconds: 0 };
for (const name of named.length > 0 ? named : Object.keys(campaigns)) {
  const begun = performance.now();
  const { counts, failures } = (await campaigns[name]?.(seed, quick)) ?? { counts: {}, failures: [] };
  // What should be there and is not; all else that is not as it should be is wrong.
  const lost = failures.filter(text => /not there|is undefined/.test(text)).length;
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  const wrong = failures.length - lost;
  tell({ campaign: name, ...counts, wrong, lost, seconds });
  for (const text of failures.slice(0, 20)) process.stderr.write(`${name}: ${text}\n`);
  totals.wrong += wrong;
  totals.lost += lost;
  totals.seconds += seconds;
}
tell({ campaign: "all", seed, quick, ...totals, seconds: Math.round(totals.seconds * 10) / 10 });
process.exit(totals.wrong + totals.lost > 0 ? 1 : 0);

function tell(facts: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
