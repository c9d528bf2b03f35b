/**
 * Learning rate at update `step` (0-based) of `total`: a linear rise over `warmup` updates, then half a cosine down
 * to 0 (Loshchilov & Hutter, "SGDR", ICLR 2017, without restarts). A pure function: nothing to save.
 */
export function cosineRate(base: number, step: number, total: number, warmup = 0): number {
  if (step < warmup) return (base * (step + 1)) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, total - warmup));
  return (base * (1 + Math.cos(Math.PI * progress))) / 2;
}
