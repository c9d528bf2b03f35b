import type { Curve } from "../record.js";
import { lossOf } from "../numbers/number-loss.js";
import { lineOf, type MetricsLine } from "./metrics-line.js";
import { countNumbers, type NumberEntry, type NumberTree } from "./number-tree.js";

/** Two numbers have one name; the message says which. */
export class MetricsClash extends Error {
  override readonly name = "MetricsClash";
}

/**
 * Numbers by dotted name. A number of a mapping is a metric. A list makes a curve: each number of it is a point, at its place
 * in the list; a mapping in it is a line. A line gives a point to the curve of each number in it, at its `step`, else at how
 * many points came before. The last point of a curve is the metric. Lists within lists or lines are no metrics.
 * Throws a `MetricsClash`.
 */
export class Gather {
  readonly metrics = new Map<string, number>();
  readonly #points = new Map<string, [number, number][]>();
  /** By name: the list that its points are from, or the whole of the file. */
  readonly #owners = new Map<string, unknown>();
  /** Numbers that no float holds as they are written, in words. */
  readonly lost: string[] = [];
  /** By list: how many of its numbers are no metrics. */
  readonly leftOut = new Map<string, number>();

  document(entries: readonly NumberEntry[]): void {
    this.#each(entries, "", (name, value) => {
      if (value.type === "list") this.#list(value.items, name);
      else {
        // No owner twice: a second number of this name is one too many.
        this.#own(name, value, value.value);
        this.#take(name, value);
      }
    });
  }

  /** A line of a file of lines. */
  line(line: MetricsLine): void {
    this.#line(line, "", this, undefined);
  }

  curves(): Record<string, Curve> {
    const drawn = [...this.#points].filter(([, points]) => points.length > 1);
    const most = Math.max(2, Math.min(MOST_POINTS, Math.floor(MOST_IN_ALL / Math.max(1, drawn.length))));
    return Object.fromEntries(drawn.map(([name, points]) => [name, thinned(points, most)]));
  }

  #list(items: readonly (NumberTree | undefined)[], name: string): void {
    for (const [i, item] of items.entries()) {
      if (item?.type === "number") this.#point(name, item, items, i);
      else if (item?.type === "map") this.#line(lineOf(item.entries), name, items, i);
      else if (item !== undefined) this.#leaveOut(name, item);
    }
  }

  #line({ step, entries }: MetricsLine, prefix: string, owner: unknown, index: number | undefined): void {
    const seen = new Set<string>();
    this.#each(entries, prefix, (name, value) => {
      if (value.type === "list") {
        this.#leaveOut(name, value);
        return;
      }
      if (seen.has(name)) throw clash(name, this.metrics.get(name), value.value);
      seen.add(name);
      this.#point(name, value, owner, step ?? index ?? this.#points.get(name)?.length ?? 0);
    });
  }

  #point(name: string, number: NumberTree & { type: "number" }, owner: unknown, at: number): void {
    this.#own(name, owner, number.value);
    this.#take(name, number);
    const points = this.#points.get(name);
    if (points === undefined) this.#points.set(name, [[at, number.value]]);
    else points.push([at, number.value]);
  }

  #own(name: string, owner: unknown, value: number): void {
    const before = this.#owners.get(name);
    if (before !== undefined && before !== owner) throw clash(name, this.metrics.get(name), value);
    this.#owners.set(name, owner);
  }

  #take(name: string, { value, source }: NumberTree & { type: "number" }): void {
    this.metrics.set(name, value);
    const loss = source === undefined || isExact(source, value) ? undefined : lossOf(source, value);
    if (loss !== undefined)
      this.lost.push(`the metric ${name}: ${source ?? ""} ${loss}; it counts as ${value}`);
  }

  #leaveOut(name: string, list: NumberTree): void {
    const numbers = countNumbers(list);
    if (numbers > 0) this.leftOut.set(name, (this.leftOut.get(name) ?? 0) + numbers);
  }

  /** Each number and list of a mapping and of those in it, by dotted name. */
  #each(
    entries: readonly NumberEntry[],
    prefix: string,
    act: (name: string, value: NumberTree & { type: "number" | "list" }) => void,
  ): void {
    const keys = new Set<string>();
    for (const [key, value] of entries) {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      if (keys.has(key)) throw clash(name);
      keys.add(key);
      if (value?.type === "map") this.#each(value.entries, name, act);
      else if (value !== undefined) act(name, value);
    }
  }
}

function clash(name: string, before?: number, value?: number): MetricsClash {
  const both = value === undefined || before === undefined ? "" : `: ${before} and ${value}`;
  return new MetricsClash(
    `the output metrics has two values under the one name ${JSON.stringify(name)}${both}; rename one of them`,
  );
}

/** A whole number beyond 2^53 may be a float all the same. */
function isExact(source: string, value: number): boolean {
  return /^-?\d+$/.test(source) && Number.isFinite(value) && BigInt(source) === BigInt(value);
}

/** As many points, evenly, the first and the last among them. */
function thinned(points: [number, number][], most: number): Curve {
  if (points.length <= most) return points;
  const stride = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * stride)] ?? [0, 0]);
}

/** More than a chart shows. */
const MOST_POINTS = 2000;
/** Of all curves of a step, since each stands in its record. */
const MOST_IN_ALL = 200_000;
