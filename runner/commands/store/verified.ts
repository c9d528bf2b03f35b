import type { ItemKind } from "../../store/inventory.js";
import type { Verified } from "../../store/verify/verify.js";
import type { Belonging, Cure } from "../../store/verify/verify-loss.js";
import type { Repaired } from "../../store/verify/verify-repair.js";
import { bytes as sizeText, counted, duration } from "../../ui/quantities.js";
import { colors, printable } from "../../ui/display-text.js";

/** What `verify` came to. */
export interface Outcome extends Omit<Verified, "damage"> {
  readonly root: string;
  readonly damage: readonly Repaired[];
  /** Whether a repair was asked for. */
  readonly repaired: boolean;
  readonly bytes: number;
  readonly seconds: number;
}

/** `verify --json`. */
export function verifiedJson({
  root,
  damage,
  repaired,
  foreign,
  strays,
  examined,
  bytes,
  seconds,
}: Outcome): object {
  return {
    ok: damage.length === 0,
    store: root,
    examined,
    ...{ items: total(examined), bytes, seconds },
    damage: damage.map(({ item, fault, seen, belongsTo, cure, loss, refused }) => ({
      ...{ path: item.path, kind: item.kind, fault, missing: seen === undefined, belongsTo, cure },
      ...(loss === undefined ? {} : { loss }),
      ...(refused === undefined ? {} : { refused }),
      repaired: repaired && refused === undefined,
    })),
    lost: damage.flatMap(({ loss }) => loss ?? []),
    ...{ foreign, strays },
  };
}

/** The same for people: each damaged thing, what it belongs to, and what becomes of it. */
export function verifiedText(outcome: Outcome, { color }: { readonly color: boolean }): string {
  const { damage, foreign, strays, examined, bytes, seconds, repaired } = outcome;
  const paint = colors(color);
  const rate = seconds > 0 ? ` (${sizeText(bytes / seconds)}/s)` : "";
  const lines = [
    `${outcome.root}: ${counted(total(examined), "item")}, ${sizeText(bytes)} read in ${duration(seconds)}${rate}`,
  ];
  for (const one of damage) {
    lines.push(`${paint.red("damaged")} ${printable(one.item.path)}  ${printable(one.fault)}`);
    for (const owner of one.belongsTo.slice(0, MOST)) lines.push(`  ${belongingText(owner)}`);
    if (one.belongsTo.length > MOST) lines.push(`  and ${one.belongsTo.length - MOST} more`);
    lines.push(`  ${fateText(one, repaired)}`);
  }
  for (const { path, why } of foreign)
    lines.push(`${paint.yellow("not read")} ${printable(path)}  ${why}: left alone`);
  for (const path of strays.slice(0, MOST)) lines.push(paint.dim(`not vistas's: ${printable(path)}`));
  if (strays.length > MOST) lines.push(paint.dim(`and ${strays.length - MOST} more that are not vistas's`));
  lines.push(verdict(outcome));
  return lines.join("\n");
}

const MOST = 5;

function belongingText({ step, output, key, runs }: Belonging): string {
  const more = runs.length > 3 ? ` and ${runs.length - 3} more` : "";
  const had =
    runs.length === 0
      ? ""
      : `, in ${runs.length === 1 ? "run" : "runs"} ${runs.slice(0, 3).join(", ")}${more}`;
  return `${printable(step)}${output === null ? "" : `.${output}`}  key ${key.slice(0, 12)}${had}`;
}

function fateText({ cure, loss, refused, seen }: Repaired, repaired: boolean): string {
  if (refused !== undefined) return `cannot be taken away: ${refused}`;
  if (cure === "lost")
    return `LOST: ${loss ?? ""}${repaired && seen !== undefined ? " (what is left of it is in lost/)" : ""}`;
  return (repaired ? DONE_TO : TO_DO)[cure];
}

const TO_DO: Readonly<Record<Exclude<Cure, "lost">, string>> = {
  rebuild: "can be made again: the next run that needs it will",
  restore: "can be put together again from what is there",
  unneeded: "nothing needs it",
};
const DONE_TO: typeof TO_DO = {
  rebuild: "dropped: the next run that needs it makes it again",
  restore: "put together again from what was there",
  unneeded: "dropped: nothing needs it",
};

function verdict({ damage, repaired }: Outcome): string {
  if (damage.length === 0) return "no damage";
  const lost = damage.filter(({ cure }) => cure === "lost").length;
  const refused = damage.filter(one => one.refused !== undefined).length;
  const parts = [
    `${damage.length} damaged`,
    ...(lost > 0 ? [`${lost} of it lost for good`] : []),
    ...(refused > 0 ? [`${refused} still there`] : []),
  ];
  return parts.join(", ") + (repaired ? "" : ": `vistas verify --repair` drops what is damaged");
}

function total(examined: Readonly<Partial<Record<ItemKind, number>>>): number {
  return Object.values(examined).reduce((sum, n) => sum + n, 0);
}
