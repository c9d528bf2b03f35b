/** A function of a vector: returns its value and writes its gradient. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  readonly maxIterations: number;
  /** Converged when the largest absolute partial derivative is no larger. */
  readonly tolerance: number;
  /** Solves H v = q in place for an approximate Hessian H, in place of a multiple of the identity. */
  readonly precondition?: (q: Float64Array) => void;
  readonly onIteration?: (iteration: number, value: number) => void;
}

export interface LbfgsResult {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * Limited-memory BFGS (Liu & Nocedal, "On the limited memory BFGS method for large scale optimization", 1989; the
 * two-loop recursion is algorithm 7.4 of Nocedal & Wright, "Numerical Optimization") for smooth convex functions.
 * Deterministic; stops at the tolerance, at `maxIterations`, or when no step makes the value any smaller (the
 * limit of float64), which counts as not converged.
 */
export function lbfgs(f: Differentiable, start: Float64Array, options: LbfgsOptions): LbfgsResult {
  let { x, value, gradient } = evaluate(f, Float64Array.from(start));
  const history: Pair[] = [];
  for (let iteration = 0; ; iteration++) {
    options.onIteration?.(iteration, value);
    const converged = largest(gradient) <= options.tolerance;
    if (converged || iteration >= options.maxIterations)
      return { x, value, iterations: iteration, converged };
    const direction = descent(gradient, history, options.precondition);
    // The first direction is the gradient, whose length says nothing of a good step's.
    const guess = history.length === 0 && options.precondition === undefined;
    const first = guess ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    const next = lineSearch(f, { x, value, gradient, direction, first });
    if (next === undefined) return { x, value, iterations: iteration, converged };
    remember(history, difference(next.x, x), difference(next.gradient, gradient));
    ({ x, value, gradient } = next);
  }
}

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

const memory = 10;

/** Only pairs of positive curvature keep the approximate Hessian positive definite. */
function remember(history: Pair[], s: Float64Array, y: Float64Array): void {
  const sy = dot(s, y);
  if (sy <= 1e-12 * dot(y, y)) return;
  history.push({ s, y, rho: 1 / sy });
  if (history.length > memory) history.shift();
}

/** -H gradient, H the approximate inverse Hessian of the history. */
function descent(
  gradient: Float64Array,
  history: readonly Pair[],
  precondition?: (q: Float64Array) => void,
): Float64Array {
  const q = Float64Array.from(gradient);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...history].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    addScaled(q, y, -alpha);
  }
  const last = history.at(-1);
  if (precondition !== undefined) precondition(q);
  else if (last !== undefined) scale(q, 1 / (last.rho * dot(last.y, last.y)));
  for (const [i, { s, y, rho }] of history.entries()) addScaled(q, s, (alphas[i] ?? 0) - rho * dot(y, q));
  scale(q, -1);
  return q;
}

interface Search {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly direction: Float64Array;
  readonly first: number;
}

interface Point {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

/**
 * A step that satisfies the weak Wolfe conditions, by bisection and doubling (Lewis & Overton, "Nonsmooth
 * optimization via quasi-Newton methods", 2013, algorithm 2.6): enough decrease, and a slope that has flattened.
 * Undefined when the interval shrinks to nothing.
 */
function lineSearch(f: Differentiable, { x, value, gradient, direction, first }: Search): Point | undefined {
  const slope = dot(gradient, direction);
  if (!(slope < 0)) return undefined;
  let [low, high, step] = [0, Infinity, first];
  let decreased: Point | undefined;
  for (let trial = 0; trial < 50; trial++) {
    const at = Float64Array.from(x);
    addScaled(at, direction, step);
    const point = evaluate(f, at);
    // Not-a-number fails the first test, too, and shortens the step.
    if (!(point.value <= value + 1e-4 * step * slope)) high = step;
    else if (dot(point.gradient, direction) < 0.9 * slope) {
      low = step;
      decreased = point;
    } else return point;
    step = high === Infinity ? 2 * low : (low + high) / 2;
  }
  return decreased;
}

function evaluate(f: Differentiable, x: Float64Array): Point {
  const gradient = new Float64Array(x.length);
  return { x, value: f(x, gradient), gradient };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function addScaled(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + factor * (b[i] ?? 0);
}

function scale(a: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) * factor;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] ?? 0));
}

function largest(a: Float64Array): number {
  let most = 0;
  for (const value of a) most = Math.max(most, Math.abs(value));
  return most;
}
