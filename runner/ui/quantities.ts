/**
 * Quantities as people read them. Pure, and the same on every machine: no locale is asked.
 * Does not decide colours or widths; table.ts and text.ts do.
 */

/** Seconds to `80ms`, `3.2s`, `42s`, `1m10s`, `2h05m`, `3d04h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const s = Math.max(0, seconds);
  if (s < 0.0005) return "0s";
  if (s < 0.0995) return `${Math.round(s * 1000)}ms`;
  if (s < 9.95) return `${s.toFixed(1)}s`;
  const whole = Math.round(s);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(s / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.round(s / 3600);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** Bytes to `0 B`, `812 B`, `3.1 MB`: powers of 1000, as disks are sold. */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = n;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 ? String(Math.round(value)) : value < 9.95 ? value.toFixed(1) : value.toFixed(0);
  return `${text} ${units[unit] ?? "PB"}`;
}

/** A whole number with its thousands apart: `4,096`. */
export function thousands(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A measured value to about `digits` significant digits: `4,096`, `12.35`, `0.8123`, `0.0012`, `1.2e-7`. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return thousands(value);
  if (size >= 1e9 || size < 1e-4)
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  // Below one, four decimals do (0.0012, not 0.001200), unless they would leave less than two digits.
  const magnitude = Math.floor(Math.log10(size));
  const decimals = magnitude < 0 ? Math.max(digits, 1 - magnitude) : Math.max(0, digits - 1 - magnitude);
  return grouped(value.toFixed(Math.min(decimals, 12)));
}

/**
 * A value with the half-width of its interval, `0.8123 ± 0.0041`: two significant digits of the half-width say
 * how many of the value's mean anything. Without an interval, the value alone; so is a count that never varies.
 */
export function withInterval(value: number, half: number | null): string {
  if (half === null || !Number.isFinite(half) || !Number.isFinite(value)) return number(value);
  if (half === 0) return Number.isInteger(value) ? number(value) : `${number(value)} ± 0`;
  const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(half))));
  if (Math.max(Math.abs(value), half) >= 1e9 || decimals > 8) return `${number(value)} ± ${number(half, 2)}`;
  return `${grouped(value.toFixed(decimals))} ± ${grouped(half.toFixed(decimals))}`;
}

/** A share in 0..1 as `37 %`; never `100 %` before all is done. */
export function percent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`;
}

/** An ISO 8601 time in UTC as `2026-11-23 06:10:19 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** How long before `now` a moment lies, both in milliseconds: `just now`, `5 minutes ago`, `3 days ago`. */
export function relativeTime(then: number, now: number): string {
  const seconds = (now - then) / 1000;
  if (seconds < 45) return "just now";
  const steps: [string, number][] = [
    ["minute", 60],
    ["hour", 3600],
    ["day", 86_400],
    ["week", 604_800],
    ["month", 2_629_800],
    ["year", 31_557_600],
  ];
  let [unit, size] = steps[0] ?? ["minute", 60];
  for (const [name, length] of steps) if (seconds >= length * 0.95) [unit, size] = [name, length];
  return `${counted(Math.max(1, Math.round(seconds / size)), unit)} ago`;
}

/** `1 step`, `3 steps`, `1,204 steps`. */
export function counted(n: number, noun: string): string {
  return `${thousands(n)} ${noun}${n === 1 ? "" : "s"}`;
}

function grouped(text: string): string {
  const [whole = "0", fraction] = text.split(".");
  const head = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? head : `${head}.${fraction}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
