/** The x-coordinates of a layered drawing, once the layers and the order within them stand (see layout.ts). */
/**
 * Draws every slot towards the weighted middle of its neighbours, as far as the order and the gaps allow. The
 * weights (Gansner, Koutsofios, North and Vo 1993) make long edges straight before short ones.
 */
export function placeX(layers: readonly Slot[][], gap: number): void {
  const still = (layer: readonly Slot[]): Wish[] => layer.map(slot => ({ x: slot.x, weight: 1 }));
  for (const layer of layers) fit(layer, still(layer), gap);
  // A small drawing is looked at closely, and costs little.
  const size = layers.reduce((sum, layer) => sum + layer.length, 0);
  const rounds = Math.min(400, Math.max(10, Math.floor(200_000 / size)));
  for (let round = 0; round < rounds; round++) {
    const down = round % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wishes = layer.map(slot => {
        // First one side at a time, which moves whole branches; then both, which settles them.
        const near = round >= 8 ? [...slot.up, ...slot.down] : down ? slot.up : slot.down;
        let [sum, weight] = [0, 0];
        for (const other of near) {
          const pull = PULL[Number(slot.id === undefined) + Number(other.id === undefined)] ?? 1;
          sum += pull * other.x;
          weight += pull;
        }
        return weight === 0 ? { x: slot.x, weight: 0.1 } : { x: sum / weight, weight };
      });
      fit(layer, wishes, gap);
    }
  }
}

interface Wish {
  readonly x: number;
  readonly weight: number;
}

/** By how many of an edge's two ends are places where a long edge passes. */
const PULL = [1, 2, 8];

/**
 * The x nearest to the wishes, in least squares, that keep the order and the gaps. With the widths to the left
 * taken off this is isotonic regression, solved by pooling adjacent violators (Barlow et al. 1972).
 */
function fit(layer: readonly Slot[], wishes: readonly Wish[], gap: number): void {
  const offsets: number[] = [];
  let offset = 0;
  for (const [i, slot] of layer.entries()) {
    if (i > 0) offset += ((layer[i - 1]?.width ?? 0) + slot.width) / 2 + gap;
    offsets.push(offset);
  }
  const pools: { sum: number; weight: number; count: number }[] = [];
  for (const [i, { x, weight }] of wishes.entries()) {
    let pool = { sum: weight * (x - (offsets[i] ?? 0)), weight, count: 1 };
    for (let last = pools.at(-1); last !== undefined; last = pools.at(-1)) {
      if (last.sum / last.weight <= pool.sum / pool.weight) break;
      pool = { sum: last.sum + pool.sum, weight: last.weight + pool.weight, count: last.count + pool.count };
      pools.pop();
    }
    pools.push(pool);
  }
  let i = 0;
  for (const { sum, weight, count } of pools) {
    for (const end = i + count; i < end; i++) {
      const slot = layer[i];
      if (slot !== undefined) slot.x = sum / weight + (offsets[i] ?? 0);
    }
  }
}

/** A place in a layer: a box, or where a long edge passes (`id` undefined). */
export interface Slot {
  readonly id: string | undefined;
  readonly layer: number;
  readonly width: number;
  /** The middle. */
  x: number;
  /** Place in its layer. */
  order: number;
  readonly up: Slot[];
  readonly down: Slot[];
}
