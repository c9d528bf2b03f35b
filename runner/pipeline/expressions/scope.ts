import { didYouMean, alternatives, code } from "../mistakes/wording.js";
import type { Params } from "./params.js";
import type { Place as AxisPlace } from "../../core/labels.js";
import type { Written } from "../../core/spelled.js";
import { bindLabel, spanOf, tell, type Read, type ReadPart, type Site } from "./template.js";
import type { Reference } from "./expression.js";

/** The names an expression can begin with, besides `params`. */
const ROOTS = ["matrix", "inputs", "outputs", "env"] as const;
type Root = (typeof ROOTS)[number];
const PARAMS = "params";

/** What can be read at a place. A root that is not given cannot be read there at all. */
export interface Scope {
  readonly params: Params;
  /** Axes of the instance. `any`: a mistake elsewhere leaves open which there are. */
  readonly matrix?: readonly string[] | "any";
  readonly names: Partial<Record<"inputs" | "outputs" | "env", readonly string[]>>;
  /** The place in words, such as "in `with:`", and what to do there instead of reading a root. */
  readonly where: string;
  readonly instead?: Partial<Record<Root, string>>;
}

/** How expressions are read in a scope. */
export function readIn(scope: Scope): Read {
  return (reference, site) => {
    const { root, path } = reference;
    if (reference.choice !== undefined) return choose(reference, reference.choice.axis, scope, site);
    if (root === PARAMS) {
      if (path.length > 0) return scope.params.read(reference, site);
      const hint = "read one of them: `params.name`";
      refuse(site, reference, "bad-expression", "`params` alone is not a value", hint);
      return;
    }
    const names = isRoot(root) ? namesOf(scope, root) : undefined;
    if (names === undefined || !isRoot(root)) {
      refuseRoot(reference, scope, site);
      return;
    }
    const name = path[0];
    if (typeof name !== "string" || path.length > 1) {
      const hint = `write ${code(`${root}.name`)}`;
      refuse(site, reference, "bad-expression", `${code(reference.source)} is not a value`, hint);
      return;
    }
    if (names !== "any" && !names.includes(name)) {
      const hint = site.problems.suggest(name, names) ?? nothingElse(root, names);
      tell(site, "unknown-name", `there is no ${code(`${root}.${name}`)} here`, spanOf(reference, 1), {
        hint,
      });
      return undefined;
    }
    return partOf(root, name, reference);
  };
}

/** `params.table[matrix.axis]`: the table is known now, the axis's value in the instance. */
function choose(reference: Reference, axis: string, scope: Scope, site: Site): ReadPart | undefined {
  const fault = faultOfChoice(reference, axis, scope);
  if (fault !== undefined) {
    const hint = "write `params.table[matrix.axis]`, of an axis of the step";
    refuse(site, reference, fault.problem, fault.message, hint);
    return;
  }
  const table = scope.params.read(reference, site);
  if (table !== undefined && "axes" in table) {
    const of = (place: AxisPlace): Written | undefined => {
      const value = table.of(place);
      return value === undefined
        ? undefined
        : bindLabel({ axis, table: value, reference }, place[axis], site);
    };
    return { reference, axes: [...table.axes, axis], of };
  }
  return table && "value" in table ? { axis, table: table.value, reference } : undefined;
}

function faultOfChoice(
  { root, path, source }: Reference,
  axis: string,
  { matrix, where }: Scope,
): { problem: Refusal; message: string } | undefined {
  if (root !== PARAMS || path.length === 0)
    return { problem: "bad-expression", message: `${code(source)}: an axis can only look into a param` };
  if (matrix === undefined)
    return { problem: "misplaced-expression", message: `${code("matrix")} cannot be read ${where}` };
  if (matrix !== "any" && !matrix.includes(axis))
    return { problem: "unknown-name", message: `there is no ${code(`matrix.${axis}`)} here` };
  return undefined;
}

type Refusal = "misplaced-expression" | "bad-expression" | "unknown-name";

function partOf(root: Root, name: string, reference: Reference): ReadPart {
  switch (root) {
    case "matrix":
      return { axis: name, reference };
    case "env":
      return { variable: name, reference };
    case "inputs":
      return { input: name, reference };
    case "outputs":
      return { output: name, reference };
  }
}

function refuseRoot(reference: Reference, scope: Scope, site: Site): undefined {
  const { root } = reference;
  const here = [PARAMS, ...ROOTS.filter(r => namesOf(scope, r) !== undefined)];
  if (!isRoot(root)) {
    const hint =
      root === "secrets"
        ? SECRETS
        : (didYouMean(root, here) ?? `an expression begins with ${alternatives(here)}`);
    tell(site, "unknown-name", `there is nothing called ${code(root)}`, spanOf(reference, 0), { hint });
    return undefined;
  }
  const hint = scope.instead?.[root] ?? `what can be read here: ${alternatives(here, "and")}`;
  refuse(site, reference, "misplaced-expression", `${code(root)} cannot be read ${scope.where}`, hint);
}

const SECRETS =
  "a secret reaches a program as a variable of its environment alone: `secrets: [NAME]` at the step, and `$NAME` in a script";

function refuse(
  site: Site,
  reference: Reference,
  problem: Refusal,
  message: string,
  hint: string,
): undefined {
  tell(site, problem, message, spanOf(reference), { hint });
  return undefined;
}

function nothingElse(root: Root, names: readonly string[]): string {
  if (names.length > 0) return `there is ${alternatives(names, "and")}`;
  if (root === "env") return "declare it in the step's `env:`";
  return root === "matrix" ? "the step has no axes" : `the step has no ${root}`;
}

function namesOf(scope: Scope, root: Root): readonly string[] | "any" | undefined {
  return root === "matrix" ? scope.matrix : scope.names[root];
}

function isRoot(root: string): root is Root {
  return (ROOTS as readonly string[]).includes(root);
}

/** Places below a step. */
export type Sites = (...path: readonly (string | number)[]) => Site;
/** Readers of expressions at a place of a step, which is named in mistakes. */
export type Reads = (where: string, names?: Scope["names"], instead?: Scope["instead"]) => Read;
