/**
 * The standard normal distribution: P(Z <= z), with relative error below 1e-13 in the lower tail (to z = -37, where
 * float64 ends). For z in [-3, 3] by the series of Marsaglia ("Evaluating the Normal Distribution", JSS 11(4), 2004),
 * beyond by the continued fraction of Laplace (Abramowitz & Stegun 26.2.14).
 */
export function normalCdf(z: number): number {
  if (z > 3) return 1 - normalCdf(-z);
  if (z >= -3) {
    let term = z;
    let sum = z;
    for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) sum += term *= (z * z) / i;
    return 0.5 + sum * density(z);
  }
  let fraction = -z;
  for (let k = 120; k >= 1; k--) fraction = -z + k / fraction;
  return density(z) / fraction;
}

/** The z with P(Z <= z) = p; -Infinity and Infinity at p = 0 and 1, NaN outside. By bisection, to the last digits. */
export function normalQuantile(p: number): number {
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (!(p > 0)) return NaN;
  let low = -38.5;
  let high = 0;
  while (high - low > 1e-15 * -low) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}
