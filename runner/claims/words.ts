/** A number for a sentence: at most three significant digits. */
export function few(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

/** A p-value: two digits, and nothing below what anyone should believe. */
export function pText(p: number): string {
  return p < 0.0001 ? "p < 0.0001" : `p = ${Number(p.toPrecision(2))}`;
}
