/**
 * What a number of the file would lose as a 64-bit float; undefined where it survives. A fraction is rounded to the nearest
 * float, as in every program. Not so:
 * - a whole number that is written out to its last digit (`9007199254740993.0`) and lies beyond 2^53;
 * - what becomes infinite, or zero though a digit of it is not;
 * - what is so small that fewer digits are left than are written.
 */
export function lossOf(source: string, value: number): string | undefined {
  if (!Number.isFinite(value)) return "is not a finite number";
  const [, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(source) ?? []; // else 0x or 0o
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER && Number(exponent) <= fraction.length)
    return "is beyond 2^53 and would lose digits";
  if (value === 0 && /[1-9]/.test(digits)) return "is too small for a number and would become 0";
  if (value !== 0 && Math.abs(value) < SMALLEST_NORMAL) {
    const written = digits.replace(/0+$/, "");
    const kept = Math.abs(value).toExponential(Math.min(written.length, 20) - 1);
    if (kept.replace(/e.*/, "").replace(".", "") !== written) return "is so small that it would lose digits";
  }
  return undefined;
}

const DECIMAL = /^[-+]?([0-9]*)\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?$/;
const SMALLEST_NORMAL = 2 ** -1022;
