import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EnvEntry, Environment } from "../../pipeline/graph/graph.js";

/** An environment that lies in a folder of this machine: how a program is made to find it. */
export interface Activation {
  /** First on PATH. */
  readonly bin: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** `folder`: where it lies; of one that vistas builds that is not known before it is built. */
export function activationIn(type: Environment["type"], folder: string): Activation | undefined {
  switch (type) {
    case "venv":
    case "uv":
      return { bin: join(folder, "bin"), variables: { VIRTUAL_ENV: folder, ...ALONE } };
    case "conda":
      return {
        bin: join(folder, "bin"),
        variables: { CONDA_PREFIX: folder, CONDA_DEFAULT_ENV: folder, ...ALONE },
      };
    case "npm":
      return { bin: join(folder, "node_modules", ".bin"), variables: {} };
    case "container":
      return undefined;
  }
}

/** Packages that the user installed beside it are not seen. */
const ALONE = { PYTHONNOUSERSITE: "1" };

/** Of an environment that is there already, whatever vistas does; undefined for others. */
export function activationOf(environment: Environment | undefined): Activation | undefined {
  const isThere = environment?.type === "venv" || environment?.type === "conda";
  return isThere ? activationIn(environment.type, environment.folder) : undefined;
}

/** One that vistas builds from a lock, or that is an image. */
export type Made = Extract<Environment, { type: "uv" | "npm" | "container" }>;

export function isMade(environment: Environment | undefined): environment is Made {
  return environment !== undefined && environment.type !== "venv" && environment.type !== "conda";
}

/** The variables of a program: the base, those of its environment, those that the step declares, which win but for PATH. */
export function withActivation(
  base: Readonly<Record<string, string>>,
  activation: Activation | undefined,
  declared: readonly EnvEntry[],
): Record<string, string> {
  const out = { ...base, ...activation?.variables };
  for (const { name, value } of declared) if (value !== undefined) out[name] = value;
  if (activation !== undefined) out["PATH"] = [activation.bin, out["PATH"] ?? "/usr/bin:/bin"].join(":");
  return out;
}

/** The interpreters of an environment: what is installed for them counts, whatever starts them. */
export function interpretersOf(environment: Environment | undefined): readonly string[] {
  const bin = activationOf(environment)?.bin;
  if (bin === undefined) return [];
  return INTERPRETERS.map(name => join(bin, name)).filter(path => existsSync(path));
}

const INTERPRETERS = ["python", "Rscript", "node"];
