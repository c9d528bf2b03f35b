/** What the operators that move numbers mean, for tensors and for numbers in main memory alike. */
import { axisOf, type NodeCall } from "../node-call.js";
import type { Span } from "../spans.js";

/** What Slice keeps of each axis that it cuts; attributes up to version 9, inputs since. */
export function spans(call: NodeCall<unknown>, shape: readonly number[]): Span[] {
  const starts = call.list("starts", 1) ?? [];
  const stops = call.list("ends", 2) ?? [];
  const axes = call.list("axes", 3) ?? starts.map((_, i) => i);
  const steps = call.has(4) ? call.numbers(4) : starts.map(() => 1);
  return starts.map((start, i) => {
    const axis = axisOf(axes[i] ?? i, shape.length);
    const size = shape[axis] ?? 0;
    const step = steps[i] ?? 1;
    if (!Number.isInteger(step) || step === 0) throw new Error(`its step is ${step}`);
    const clamp = (at: number): number => {
      const place = at < 0 ? at + size : at;
      return step > 0 ? Math.min(Math.max(place, 0), size) : Math.min(Math.max(place, -1), size - 1);
    };
    const [begin, end] = [clamp(start), clamp(stops[i] ?? size)];
    return { axis, begin, step, count: Math.max(0, Math.ceil((end - begin) / step)) };
  });
}

/** The sizes that Split makes of an axis. */
export function sizesOf(call: NodeCall<unknown>, size: number): number[] {
  const listed = call.list("split", 1);
  if (listed !== undefined) {
    if (listed.reduce((sum, n) => sum + n, 0) !== size || listed.some(n => n < 0))
      throw new Error(`it splits ${size} into [${listed.join(", ")}]`);
    return [...listed];
  }
  const parts = call.int("num_outputs", call.node.outputs.length);
  const each = Math.ceil(size / parts);
  if (parts < 1 || each * (parts - 1) >= size) throw new Error(`it splits ${size} into ${parts}`);
  return Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
}

/** How many numbers Pad adds at both ends of each axis; an attribute up to version 10, an input since. */
export function ends(
  call: NodeCall<unknown>,
  rank: number,
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const pads = call.list("pads", 1) ?? [];
  const axes = call.has(3)
    ? call.numbers(3).map(axis => axisOf(axis, rank))
    : pads.slice(rank).map((_, i) => i);
  if (pads.length !== 2 * axes.length)
    throw new Error(`its pads are ${pads.length} numbers for ${axes.length} axes`);
  const before = Array<number>(rank).fill(0);
  const after = Array<number>(rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    before[axis] = pads[i] ?? 0;
    after[axis] = pads[i + axes.length] ?? 0;
  }
  return { before, after };
}

/** The shape that Reshape means: 0 keeps a size (or is one, with `allowzero`), -1 is what is left. */
export function reshapedShape(
  call: NodeCall<unknown>,
  from: readonly number[],
  listed: readonly number[],
): number[] {
  const keeps = call.int("allowzero", 0) === 0;
  const to = listed.map((n, i) => (n === 0 && keeps ? (from[i] ?? 0) : n));
  const size = from.reduce((product, n) => product * n, 1);
  const open = to.indexOf(-1);
  const rest = to.reduce((product, n, i) => (i === open ? product : product * n), 1);
  const shape = open < 0 ? to : to.with(open, size / rest);
  if (shape.reduce((product, n) => product * n, 1) !== size || shape.some(n => !Number.isInteger(n) || n < 0))
    throw new Error(`[${from.join(", ")}] cannot become [${listed.join(", ")}]`);
  return shape;
}

export function squeezedShape(call: NodeCall<unknown>, from: readonly number[]): number[] {
  const axes = call.list("axes", 1)?.map(axis => axisOf(axis, from.length));
  return from.filter((size, axis) => (axes === undefined ? size !== 1 : size !== 1 || !axes.includes(axis)));
}

export function unsqueezedShape(call: NodeCall<unknown>, from: readonly number[]): number[] {
  const axes = call.list("axes", 1) ?? [];
  const rank = from.length + axes.length;
  const added = new Set(axes.map(axis => axisOf(axis, rank)));
  const rest = [...from];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1)));
}

/** The order of axes that Transpose means. */
export function axisOrder(call: NodeCall<unknown>, rank: number): readonly number[] {
  const order = call.ints(
    "perm",
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  );
  if (order.length !== rank || new Set(order.map(axis => axisOf(axis, rank))).size !== rank)
    throw new Error(`[${order.join(", ")}] is no order of ${rank} axes`);
  return order;
}
