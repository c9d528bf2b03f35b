/** A linear axis: a range of values, and round numbers in it at which to mark it. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

/**
 * An axis over all `values` that are finite with about `count` marks, at 1, 2 or 5 times a power of ten.
 * The range has a little room on both sides; of a single value, room to stand in.
 */
export function scaleOf(values: Iterable<number>, count: number, room = 0.06): Scale {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) [min, max] = [0, 0];
  if (!(max > min)) {
    const around = Math.abs(max) > 0 ? Math.abs(max) * 0.05 : 1;
    [min, max] = [min - around, max + around];
  }
  const pad = (max - min) * room;
  const [low, high] = [min - pad, max + pad];
  const step = niceStep((high - low) / count);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++)
    ticks.push({ value: i * step, text: tickText(i * step, step) });
  return { min: low, max: high, ticks };
}

/** Place on the axis, 0 to 1. */
export function share(scale: Scale, value: number): number {
  return (value - scale.min) / (scale.max - scale.min);
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const lead = raw / power;
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

/** The fewest decimals that keep one mark distinct from the next. */
function tickText(value: number, step: number): string {
  if (value === 0) return "0";
  const size = Math.max(Math.abs(value), step);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}
