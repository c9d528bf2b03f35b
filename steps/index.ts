import { fileURLToPath } from "node:url";
import type { StepDefinition } from "../runner/step-api.js";

/**
 * The built-in step kinds, by name. Only what is asked for is imported: a declaration (`<kind>/index.ts`) is
 * cheap and imports its own work (`<kind>/run.ts`) when it runs.
 */
export const builtinKinds = [
  "fetch-generator",
  "fetch-dataset",
  "train-generator",
  "sample-views",
  "train-contrastive",
  "train-classifier",
  "evaluate-probe",
  "evaluate-knn",
  "evaluate-classifier",
  "compare",
  "plot",
] as const;
export type BuiltinKind = (typeof builtinKinds)[number];

/** Absolute path of the kind's module: what a worker imports, and where the digest of its code begins. */
export function kindModule(kind: BuiltinKind): string {
  return fileURLToPath(kindUrl(kind));
}

/** Imports a kind's declaration. */
export async function loadKind(kind: BuiltinKind): Promise<StepDefinition> {
  const module = (await import(kindUrl(kind).href)) as { readonly default: StepDefinition };
  return module.default;
}

export function isBuiltinKind(name: string): name is BuiltinKind {
  return (builtinKinds as readonly string[]).includes(name);
}

function kindUrl(kind: BuiltinKind): URL {
  return new URL(`./kinds/${kind}/index.js`, import.meta.url);
}
