/**
 * `npm run test:faults [-- --quick] [--seed N] [NAME ...]`: breaks the store in every way at hand and counts what was
 * wrong or lost. One JSON object a line for each campaign, then one with the totals; exit code 1 if anything was.
 * Campaigns are processes of their own, one a core.
 */
import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { campaigns } from "./campaigns.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    seed: { type: "string", default: "0" },
    // Of the processes that this one starts: it tells of the one campaign that is named.
    alone: { type: "boolean", default: false },
  },
});
const { quick, alone } = values;
const seed = Number(values.seed);
const unknown = positionals.filter(name => !(name in campaigns));
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  const names = Object.keys(campaigns).join(", ");
  process.stderr.write(`no such campaign: ${unknown.join(", ")}; there are: ${names}\n`);
  process.exit(2);
}

if (alone) {
  const { wrong, lost } = await campaign(positionals[0] ?? "");
  process.exit(wrong + lost > 0 ? 1 : 0);
} else {
  await all(positionals.length > 0 ? positionals : Object.keys(campaigns));
}

async function all(names: readonly string[]): Promise<void> {
  const begun = performance.now();
  const waiting = [...names];
  const totals = { wrong: 0, lost: 0 };
  const crashed: string[] = [];
  const lane = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const told = await inProcess(name);
      if (told === undefined) crashed.push(name);
      totals.wrong += told?.wrong ?? 0;
      totals.lost += told?.lost ?? 0;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  tell({ campaign: "all", seed, quick, ...totals, seconds: secondsSince(begun) });
  for (const name of crashed) process.stderr.write(`${name}: the campaign did not come to its end\n`);
  process.exitCode = totals.wrong + totals.lost + crashed.length > 0 ? 1 : 0;
}

interface Told {
  readonly wrong: number;
  readonly lost: number;
}

async function inProcess(name: string): Promise<Told | undefined> {
  const args = ["--alone", name, "--seed", String(seed), ...(quick ? ["--quick"] : [])];
  const self = fileURLToPath(import.meta.url);
  const child = await execa(process.execPath, [self, ...args], { reject: false, stdin: "ignore" });
  if (child.stdout !== "") process.stdout.write(`${child.stdout}\n`);
  if (child.stderr !== "") process.stderr.write(`${child.stderr}\n`);
  return child.stdout === "" ? undefined : (JSON.parse(child.stdout) as Told);
}

async function campaign(name: string): Promise<Told> {
  const begun = performance.now();
  const { counts, failures } = (await campaigns[name]?.(seed, quick)) ?? { counts: {}, failures: [] };
  // What should be there and is not; all else that is not as it should be is wrong.
  const lost = failures.filter(text => /not there|is undefined/.test(text)).length;
  const wrong = failures.length - lost;
  tell({ campaign: name, ...counts, wrong, lost, seconds: secondsSince(begun) });
  for (const text of failures.slice(0, 20)) process.stderr.write(`${name}: ${text}\n`);
  return { wrong, lost };
}

function secondsSince(begun: number): number {
  return Math.round((performance.now() - begun) / 100) / 10;
}

function tell(facts: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
