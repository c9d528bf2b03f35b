/**
 * Where the engines lie that `vistas doctor --install` makes: a folder each, outside every project. So no `npm ci`
 * removes one, no package.json is touched, projects share them, and the keys of results made with another engine do
 * not change. A name exists only when what it names is whole; it holds the versions, so that a newer vistas never
 * meets an older installation.
 * Does not: make any (`install/`).
 */
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export const INSTALLABLE = ["tensorflow", "webgpu"] as const;
export type Installable = (typeof INSTALLABLE)[number];

/** What is installed; an engine's numeric class holds these too. */
export const VERSIONS = {
  tfjs: "4.22.0",
  libtensorflow: "2.18.1",
  dawn: "0.6.2",
} as const;

const NAMES: Readonly<Record<Installable, string>> = {
  tensorflow: `tensorflow-${VERSIONS.tfjs}-${VERSIONS.libtensorflow}`,
  webgpu: `webgpu-${VERSIONS.tfjs}-${VERSIONS.dawn}`,
};

/** `VISTAS_ENGINES`, else a folder of the user's. Steps see it too: their processes are given the variable. */
export function enginesFolder(): string {
  const named = process.env.VISTAS_ENGINES;
  return named === undefined || named === "" ? join(homedir(), ".local/share/vistas/engines") : named;
}

/** The folder of one engine, there or not; it has a package.json and node_modules of its own. */
export function engineFolder(engine: Installable, engines = enginesFolder()): string {
  return join(engines, NAMES[engine]);
}

export function isInstallable(name: string): name is Installable {
  return (INSTALLABLE as readonly string[]).includes(name);
}
