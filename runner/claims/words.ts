/** A number for a sentence: three significant digits, and of a large one all those before the point. */
export function few(value: number): string {
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString("en-US")
    : Number(value.toPrecision(3)).toString();
}

/** A p-value: two digits, and nothing below what anyone should believe. */
export function pText(p: number): string {
  return p < 0.0001 ? "p < 0.0001" : `p = ${Number(p.toPrecision(2))}`;
}
