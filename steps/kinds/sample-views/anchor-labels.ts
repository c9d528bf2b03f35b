import { range } from "../../artifacts/images.js";
import type { Sampler } from "./sampler.js";

/**
 * The classes of `count` anchors from `first` on, uniform over `with.classes` or all: each a function of seed and
 * anchor number. An anchor keeps its class in all of its views (Jahanian et al. 2022, section 4.1). Zeros where the
 * generator has no classes. Throws a RangeError on a class that it does not have.
 */
export function anchorLabels(
  { ctx, generator }: Pick<Sampler, "ctx" | "generator">,
  first: number,
  count: number,
): Int32Array {
  const known = generator.classes.length;
  const wanted = ctx.with.classes ?? range(0, known);
  const unknown = wanted.find(label => label >= known);
  if (unknown !== undefined) throw new RangeError(classless(unknown, generator.classes));
  if (known === 0) return new Int32Array(count);
  const stream = ctx.random("class");
  return Int32Array.from({ length: count }, (_, i) => wanted[stream.at(first + i).below(wanted.length)] ?? 0);
}

function classless(label: number, classes: readonly string[]): string {
  if (classes.length === 0)
    return "with.classes: this generator was not trained on classes, it takes z alone";
  return `with.classes: ${label} is none of this generator's classes, 0 to ${classes.length - 1} (${classes.join(", ")})`;
}
