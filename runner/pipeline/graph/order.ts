import type { Beside } from "../document/document.js";
import type { Problems } from "../document/problems.js";
import type { StepSpec } from "../steps/spec.js";
import { code, plain } from "../mistakes/wording.js";
import { needsOf, placeOfNeed, type Links, type Need } from "./links.js";

/**
 * Steps in an order in which every input comes before its user; of those that could come next, the one that stands
 * first in the pipeline does (Kahn's algorithm with a heap). Steps on or behind a circle are left out, and every circle that
 * is found is reported as a path, with the place of each edge.
 */
export function orderSteps(
  steps: readonly StepSpec[],
  links: Links,
  problems: Problems,
): readonly StepSpec[] {
  const rank = new Map(steps.map((step, i) => [step.name, i]));
  // A step may take several outputs of another: edges are counted, not steps.
  const waiting = steps.map(step => needsOf(step, links).length);
  const users: number[][] = steps.map(() => []);
  for (const [i, step] of steps.entries()) {
    for (const { from } of needsOf(step, links)) users[rank.get(from.name) ?? -1]?.push(i);
  }
  const ready = new Heap();
  for (const [i, count] of waiting.entries()) if (count === 0) ready.push(i);
  const ordered: StepSpec[] = [];
  const done = new Set<string>();
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const step = steps[next];
    if (step === undefined) break;
    ordered.push(step);
    done.add(step.name);
    for (const user of users[next] ?? []) {
      const left = (waiting[user] ?? 0) - 1;
      waiting[user] = left;
      if (left === 0) ready.push(user);
    }
  }
  if (ordered.length < steps.length) reportCycles(steps, done, links, problems);
  return ordered;
}

/**
 * Every step left over has an input that is left over too. Going from each to its first such input must end in a
 * circle; these circles have no step in common.
 */
function reportCycles(
  steps: readonly StepSpec[],
  done: ReadonlySet<string>,
  links: Links,
  problems: Problems,
): void {
  const next = (step: StepSpec): Need | undefined =>
    needsOf(step, links).find(need => !done.has(need.from.name));
  const visited = new Map<StepSpec, StepSpec>();
  for (const start of steps) {
    if (done.has(start.name)) continue;
    const path: { readonly step: StepSpec; readonly link: Need }[] = [];
    let step = start;
    while (!visited.has(step)) {
      visited.set(step, start);
      const link = next(step);
      if (link === undefined) break;
      path.push({ step, link });
      step = link.from;
    }
    const from = path.findIndex(edge => edge.step === step);
    if (from !== -1 && visited.get(step) === start) reportCycle(path.slice(from), problems);
  }
}

/** Steps of a circle that are named; of a longer one, the ends. */
const MOST_SHOWN = 20;

/** `edges`: each step with the input that it takes from the next one. */
function reportCycle(
  edges: readonly { readonly step: StepSpec; readonly link: Need }[],
  problems: Problems,
): void {
  const place = (edge: { step: StepSpec; link: Need }) => placeOfNeed(edge.step, edge.link);
  const [first] = edges;
  if (first === undefined) return;
  // Arrows go with the data: from the step that makes to the step that takes.
  const along = [...edges].reverse();
  const names = [first.step.name, ...along.map(edge => edge.step.name)];
  const path =
    names.length <= MOST_SHOWN
      ? names
      : [...names.slice(0, MOST_SHOWN / 2), "...", ...names.slice(-MOST_SHOWN / 2)];
  const related = along.slice(0, MOST_SHOWN).map((edge): Beside => {
    const what = "axis" in edge.link ? `the axis ${code(edge.link.axis)}` : code(edge.link.role);
    const message = `${code(edge.step.name)} takes ${what} from ${code(edge.link.from.name)}`;
    return { message, document: problems.document, place: place(edge) };
  });
  const message = `these steps need each other in a circle: ${path.map(plain).join(" -> ")}`;
  const hint =
    edges.length === 1
      ? "take this input out, or chain the step along an axis: `scan: AXIS` and `start: ...`"
      : "take one of these inputs out";
  problems.add("cycle", message, place(first), { related, hint });
}

/** A binary heap of numbers, least first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.length;
    for (; at > 0;) {
      const above = (at - 1) >> 1;
      const parent = items[above] ?? 0;
      if (parent <= item) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if ((items[child + 1] ?? Infinity) < (items[child] ?? 0)) child++;
      const below = items[child] ?? 0;
      if (last <= below) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return least;
  }
}
