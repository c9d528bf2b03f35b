/** A decimal number: `digits` times ten to the power of `exponent`. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/**
 * The numbers from `from` on, each `step` further, as far as `to`, which is the last one where a step comes to it. Computed
 * on the decimals that are written, so that three steps of 0.1 are 0.3. `most` and one are the most that are made. None
 * where the step leads away from `to`, or nowhere.
 */
export function decimalRange(from: string, to: string, step: string, most: number): readonly number[] {
  const read = [from, to, step].map(parse);
  const exponent = Math.min(...read.map(decimal => decimal.exponent));
  const [first = 0n, last = 0n, by = 0n] = read.map(
    decimal => decimal.digits * 10n ** BigInt(decimal.exponent - exponent),
  );
  if (by === 0n) return [];
  const numbers: number[] = [];
  for (let at = first; by > 0n ? at <= last : at >= last; at += by) {
    numbers.push(Number(`${at}e${exponent}`));
    if (numbers.length > most) break;
  }
  return numbers;
}

/**
 * `n` numbers from `from` to `to`, each the same factor from the one before, rounded to 12 digits: powers of ten come out as
 * such. Both ends are exact.
 */
export function logarithmicRange(from: number, to: number, n: number): readonly number[] {
  const [a, b] = [Math.log10(from), Math.log10(to)];
  return Array.from({ length: n }, (_, i) => {
    if (i === 0) return from;
    if (i === n - 1) return to;
    return Number((10 ** (a + ((b - a) * i) / (n - 1))).toPrecision(12));
  });
}

/** The text of a finite number in JSON's notation, or in YAML's (`+5`, `.5`, `5.`). */
function parse(text: string): Decimal {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  const digits = BigInt(`${whole}${fraction}` || "0");
  return { digits: sign === "-" ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/** Whether a number is written in decimals, and not in hexadecimal or the like. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text) && /\d/.test(text);
}
