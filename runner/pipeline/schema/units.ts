/** Longest timeout: what a timer of the platform can hold, 2^31 - 1 ms, rounded down to whole days. */
export const MAX_TIMEOUT_MS = 24 * 86_400_000;

export const DURATION = "^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h|d))+$";
export const SIZE = "^\\d+(?:\\.\\d+)?\\s?(?:[kKMGT]i?)?B?$";

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `30m`, `1h30m`, `500ms`, or a number of seconds -> milliseconds in (0, 24 days]; else undefined. */
export function parseDuration(value: unknown): number | undefined {
  let total = 0;
  if (typeof value === "number") total = value * 1000;
  else if (typeof value === "string" && new RegExp(DURATION).test(value)) {
    for (const [, amount, unit] of value.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
      total += Number(amount) * (MILLISECONDS[unit ?? ""] ?? NaN);
    }
  }
  const rounded = Math.ceil(total);
  return rounded > 0 && rounded <= MAX_TIMEOUT_MS ? rounded : undefined;
}

const POWERS = ["", "K", "M", "G", "T"];

/** `4GB` (10^9), `512MiB` (2^20), or a number of bytes -> bytes; else undefined. */
export function parseSize(value: unknown): number | undefined {
  let bytes = typeof value === "number" ? value : NaN;
  if (typeof value === "string" && new RegExp(SIZE).test(value)) {
    const [, amount, prefix, binary] = /^([\d.]+)\s?([kKMGT]?)(i?)/.exec(value) ?? [];
    const power = POWERS.indexOf((prefix ?? "").toUpperCase());
    bytes = Number(amount) * (binary === "i" ? 1024 : 1000) ** power;
  }
  const rounded = Math.ceil(bytes);
  return rounded >= 0 && Number.isSafeInteger(rounded) ? rounded : undefined;
}
