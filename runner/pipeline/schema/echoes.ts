import type { JsonObject } from "../../core/json.js";
import type { ErrorObject } from "./ajv.js";

/**
 * Several of ajv's errors tell of one mistake: those of every branch of an `anyOf` come right before that of the `anyOf`
 * itself. If the value's type fits one branch alone, that branch's errors say best what is wrong; else the
 * `anyOf` does, as it does wherever the schema has words of its own for it. Takes time in the number of errors.
 */
export function withoutEchoes(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const echoes = new Set<ErrorObject>();
  for (let i = errors.length - 1; i >= 0; i--) {
    const error = errors[i];
    if (error === undefined || echoes.has(error)) continue;
    // Errors about a key's text come with the `propertyNames` error that tells of the key.
    if (error.propertyName !== undefined) echoes.add(error);
    if (error.keyword !== "anyOf" && error.keyword !== "oneOf") continue;
    const inside = branchErrors(errors, i);
    const worded = typeof (error.parentSchema as JsonObject)["errorMessage"] === "string";
    const telling = worded ? undefined : onlyFitting(inside, error);
    for (const echo of inside) if (telling?.includes(echo) !== true) echoes.add(echo);
    if (telling !== undefined) echoes.add(error);
  }
  return errors.filter(error => !echoes.has(error));
}

/** The errors right before number `i` that lie in its branches. */
function branchErrors(errors: readonly ErrorObject[], i: number): readonly ErrorObject[] {
  const of = errors[i];
  let from = i;
  const inside = (e: ErrorObject | undefined): boolean =>
    e !== undefined &&
    of !== undefined &&
    e.schemaPath.startsWith(`${of.schemaPath}/`) &&
    e.instancePath.startsWith(of.instancePath);
  while (inside(errors[from - 1])) from--;
  return errors.slice(from, i);
}

/** The errors of the one branch that does not fail by the type (or a constant tag) of the value, if it is one. */
function onlyFitting(inside: readonly ErrorObject[], of: ErrorObject): readonly ErrorObject[] | undefined {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of inside) {
    const branch = error.schemaPath.slice(of.schemaPath.length + 1).split("/", 1)[0] ?? "";
    const known = branches.get(branch);
    if (known === undefined) branches.set(branch, [error]);
    else known.push(error);
  }
  const unfit = (e: ErrorObject): boolean =>
    (e.keyword === "type" && e.instancePath === of.instancePath) || e.keyword === "const";
  const [first, ...others] = [...branches.values()].filter(branch => !branch.some(unfit));
  return others.length === 0 ? first : undefined;
}
