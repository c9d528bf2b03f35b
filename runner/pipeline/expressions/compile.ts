import { isMapping, isSequence, type Written } from "../../core/spelled.js";
import { hasExpression } from "./expression.js";
import {
  bindText,
  NO_BINDINGS,
  readText,
  tell,
  type Bindings,
  type Part,
  type Read,
  type Site,
} from "./template.js";
import { code } from "../mistakes/wording.js";

/**
 * A value of the pipeline with its expressions read once for all instances of a step. What does not
 * differ between instances is one value, shared by them.
 */
export type Compiled =
  | { readonly fixed: Written }
  | { readonly parts: readonly Part[]; readonly site: Site }
  | { readonly items: readonly Compiled[] }
  | { readonly entries: readonly (readonly [string, Compiled])[] };

/** Undefined after a mistake, which has been reported; all the mistakes in the value are. */
export function compileValue(value: Written, site: Site, read: Read): Compiled | undefined {
  if (typeof value === "string") return compileText(value, site, read);
  if (isSequence(value)) {
    const items = value.map((item, i) => compileValue(item, below(site, i), read));
    if (items.includes(undefined)) return undefined;
    const whole = items as Compiled[];
    return whole.every(isFixed) ? { fixed: whole.map(item => item.fixed) } : { items: whole };
  }
  if (!isMapping(value)) return { fixed: value };
  const entries = Object.entries(value).map(
    ([key, item]) => [key, compileEntry(key, item, site, read)] as const,
  );
  if (entries.some(([, item]) => item === undefined)) return undefined;
  const whole = entries as (readonly [string, Compiled])[];
  if (whole.some(([, item]) => !isFixed(item))) return { entries: whole };
  const fixed = whole.map(([key, item]) => [key, isFixed(item) ? item.fixed : null] as const);
  return { fixed: Object.fromEntries(fixed) };
}

/** The value in one instance. Undefined after a mistake. */
export function bindValue(compiled: Compiled, bindings: Bindings): Written | undefined {
  if ("fixed" in compiled) return compiled.fixed;
  if ("parts" in compiled) return bindText(compiled.parts, bindings, compiled.site);
  if ("items" in compiled) {
    const items = compiled.items.map(item => bindValue(item, bindings));
    return items.includes(undefined) ? undefined : (items as Written[]);
  }
  const out: Record<string, Written> = {};
  for (const [key, item] of compiled.entries) {
    const value = bindValue(item, bindings);
    if (value === undefined) return undefined;
    out[key] = value;
  }
  return out;
}

export function isFixed(compiled: Compiled): compiled is { readonly fixed: Written } {
  return "fixed" in compiled;
}

function compileText(text: string, site: Site, read: Read): Compiled | undefined {
  if (!hasExpression(text)) return { fixed: text };
  const parts = readText(text, site, read);
  if (parts === undefined) return undefined;
  if (parts.some(part => "axis" in part || "axes" in part || "variable" in part)) return { parts, site };
  const value = bindText(parts, NO_BINDINGS, site);
  return value === undefined ? undefined : { fixed: value };
}

function compileEntry(key: string, item: Written, site: Site, read: Read): Compiled | undefined {
  const inner = below(site, key);
  if (hasExpression(key)) {
    const message = `an expression cannot stand in the key ${code(key)}`;
    tell(
      { ...inner, place: { path: inner.place.path, part: "key" } },
      "misplaced-expression",
      message,
      undefined,
    );
    return undefined;
  }
  return compileValue(item, inner, read);
}

function below(site: Site, segment: string | number): Site {
  return { ...site, place: { path: [...site.place.path, segment] } };
}
