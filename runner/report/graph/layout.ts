/**
 * Layered drawing of a directed acyclic graph, top to bottom, in the steps of Sugiyama, Tagawa and Toda (1981):
 * layers by longest path, order within a layer by barycentres, then x-coordinates by least squares.
 * Sizes and positions in pixels. Deterministic. Does not draw: svg.ts does.
 */
import { placeX, type Slot } from "./layout-x.js";

export interface Box {
  readonly id: string;
  readonly width: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The boxes' top left corners. */
  readonly at: ReadonlyMap<string, Point>;
  /** For each edge the points it goes through, in pairs: where it leaves and enters each layer. */
  readonly routes: readonly (readonly Point[])[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LayoutOptions {
  readonly boxHeight: number;
  readonly gapX: number;
  readonly gapY: number;
  readonly margin: number;
}

/** `boxes` come in an order in which inputs precede users; edges against that order are not laid out. */
export function layout(boxes: readonly Box[], edges: readonly Edge[], options: LayoutOptions): Layout {
  const { layers, chains } = makeLayers(boxes, edges);
  orderLayers(layers);
  placeX(layers, options.gapX);

  const { boxHeight, gapY, margin } = options;
  const slots = layers.flat();
  const left = slots.reduce((least, slot) => Math.min(least, slot.x - slot.width / 2), Infinity);
  const right = slots.reduce((most, slot) => Math.max(most, slot.x + slot.width / 2), -Infinity);
  const shift = Number.isFinite(left) ? margin - left : margin;
  const top = (slot: Slot): number => margin + slot.layer * (boxHeight + gapY);
  const point = (x: number, y: number): Point => ({ x: round(x + shift), y: round(y) });

  const at = new Map<string, Point>();
  for (const slot of slots)
    if (slot.id !== undefined) at.set(slot.id, point(slot.x - slot.width / 2, top(slot)));
  const routes = chains.map(chain =>
    chain.flatMap((slot, i) => [
      ...(i > 0 ? [point(slot.x, top(slot))] : []),
      ...(i < chain.length - 1 ? [point(slot.x, top(slot) + boxHeight)] : []),
    ]),
  );
  const rows = layers.length;
  return {
    width: Math.ceil(2 * margin + (Number.isFinite(left) ? right - left : 0)),
    height: Math.ceil(2 * margin + rows * boxHeight + Math.max(0, rows - 1) * gapY),
    at,
    routes,
  };
}

/** Beyond so many places for passing edges, long edges run straight: a drawing of that size is not read closely. */
const MOST_PASSING = 20_000;
const PASSING_WIDTH = 12;

function makeLayers(boxes: readonly Box[], edges: readonly Edge[]): { layers: Slot[][]; chains: Slot[][] } {
  const place = new Map(boxes.map((box, i) => [box.id, i]));
  const forward = edges.filter(({ from, to }) => (place.get(from) ?? Infinity) < (place.get(to) ?? -1));
  const layerOf = longestPaths(boxes, forward);
  const layers: Slot[][] = [];
  const add = (id: string | undefined, layer: number, width: number): Slot => {
    while (layers.length <= layer) layers.push([]);
    const row = layers[layer] ?? [];
    const slot: Slot = { id, layer, width, x: 0, order: row.length, up: [], down: [] };
    row.push(slot);
    return slot;
  };
  const slots = new Map(boxes.map(box => [box.id, add(box.id, layerOf.get(box.id) ?? 0, box.width)]));

  let passing = 0;
  for (const { from, to } of forward) passing += (layerOf.get(to) ?? 0) - (layerOf.get(from) ?? 0) - 1;
  const chains: Slot[][] = [];
  for (const { from, to } of forward) {
    const [first, last] = [slots.get(from), slots.get(to)];
    if (first === undefined || last === undefined) continue;
    const chain = [first];
    if (passing <= MOST_PASSING)
      for (let layer = first.layer + 1; layer < last.layer; layer++)
        chain.push(add(undefined, layer, PASSING_WIDTH));
    chain.push(last);
    for (let i = 1; i < chain.length; i++) {
      const [above, below] = [chain[i - 1], chain[i]];
      if (above === undefined || below === undefined) continue;
      above.down.push(below);
      below.up.push(above);
    }
    chains.push(chain);
  }
  return { layers, chains };
}

/** A box stands one below the lowest of its inputs; one without inputs just above its first user. */
function longestPaths(boxes: readonly Box[], forward: readonly Edge[]): Map<string, number> {
  const inputs = new Map<string, string[]>();
  const users = new Map<string, string[]>();
  for (const { from, to } of forward) {
    push(inputs, to, from);
    push(users, from, to);
  }
  const layerOf = new Map<string, number>();
  for (const { id } of boxes) {
    let layer = 0;
    for (const input of inputs.get(id) ?? []) layer = Math.max(layer, (layerOf.get(input) ?? 0) + 1);
    layerOf.set(id, layer);
  }
  for (const { id } of boxes) {
    const followers = users.get(id);
    if (inputs.has(id) || followers === undefined) continue;
    let first = Infinity;
    for (const user of followers) first = Math.min(first, layerOf.get(user) ?? 0);
    layerOf.set(id, first - 1);
  }
  return layerOf;
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Sweeps down and up, sorting each layer by the mean place of its neighbours; keeps the order with fewest crossings. */
function orderLayers(layers: readonly Slot[][]): void {
  const size = layers.reduce((sum, layer) => sum + layer.length, 0);
  const sweeps = size > 2000 ? 4 : 24;
  let best = layers.map(layer => [...layer]);
  let fewest = crossings(layers);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const means = new Map(layer.map(slot => [slot, barycentre(slot, down ? slot.up : slot.down)]));
      layer.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0) || a.order - b.order);
      for (const [i, slot] of layer.entries()) slot.order = i;
    }
    const now = crossings(layers);
    if (now < fewest) [fewest, best] = [now, layers.map(layer => [...layer])];
  }
  for (const [i, layer] of layers.entries()) {
    layer.splice(0, layer.length, ...(best[i] ?? []));
    for (const [order, slot] of layer.entries()) slot.order = order;
  }
}

function barycentre(slot: Slot, neighbours: readonly Slot[]): number {
  if (neighbours.length === 0) return slot.order;
  return neighbours.reduce((sum, other) => sum + other.order, 0) / neighbours.length;
}

/** Crossings between neighbouring layers: inversions, counted with a Fenwick tree. */
function crossings(layers: readonly Slot[][]): number {
  let count = 0;
  for (const [i, layer] of layers.entries()) {
    const width = layers[i + 1]?.length ?? 0;
    const tree = new Int32Array(width + 1);
    let seen = 0;
    for (const slot of layer) {
      const ends = slot.down.map(other => other.order);
      for (const end of ends) {
        let before = 0;
        for (let k = end + 1; k > 0; k -= k & -k) before += tree[k] ?? 0;
        count += seen - before;
      }
      for (const end of ends) for (let k = end + 1; k <= width; k += k & -k) tree[k] = (tree[k] ?? 0) + 1;
      seen += ends.length;
    }
  }
  return count;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
