import { chmodSync, existsSync, mkdirSync, statfsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { TAG } from "../process/processes.js";
import { sha256 } from "../../cache/hash.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { isCode } from "../../store/disk.js";
import { paths } from "../../store/paths.js";
import { projectIdentity } from "../../store/project.js";
import { removeScratch } from "../../store/scratch.js";
import type { Store } from "../../store/store.js";

/** Of which attempts the work folder stays. */
export type KeepWork = "never" | "failed" | "always";

/** What an attempt left behind. */
export interface KeptWork {
  /** The attempt's folder, laid out as staging.ts says. */
  readonly folder: string;
  /** What ran there, to be pasted into a shell; absent for a step of a kind. */
  readonly command?: string;
}

/** The name of an instance's kept folder: of one instance there is one, that of the newest attempt. */
export function keptName(store: Store, { project, file }: Graph, { id, step }: GraphNode): string {
  const identity = [projectIdentity(store.root, project), relative(project, file), id];
  const plain = step.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40);
  return `${plain}-${sha256(JSON.stringify(identity)).slice(0, 10)}`;
}

/** Where an instance's kept folder is, if there is one. */
export function keptFolder(store: Store, name: string): string | undefined {
  const folder = join(store.root, paths.failed(name));
  return existsSync(folder) ? folder : undefined;
}

/**
 * Moves an attempt's folder to where it stays, in place of an earlier attempt's. `secret`: the step has secrets, which its
 * program may have written there. Gives the new place; nothing where the attempt has no folder.
 */
export async function keepWork(
  store: Store,
  folder: string,
  name: string,
  secret = false,
): Promise<string | undefined> {
  const kept = join(store.root, paths.failed(name));
  if (!existsSync(folder)) return undefined;
  // Of artifacts there are copies enough: what the program wrote must not fill the disk together with them.
  if (isScarce(store.root)) await removeScratch(join(folder, "inputs"));
  mkdirSync(dirname(kept), { recursive: true });
  if (secret) chmodSync(folder, 0o700);
  // An earlier one goes aside first: it may be large, or hold what cannot be removed.
  const aside = `${kept}~${sha256(folder).slice(0, 10)}`;
  for (;;) {
    await renameIfAny(kept, aside);
    try {
      // Of a run that was killed, whoever comes first moves it.
      if (!(await renameIfAny(folder, kept))) return undefined;
      break;
    } catch (error) {
      // Another run put one there at this moment.
      if (!isCode(error, "ENOTEMPTY", "EEXIST")) throw error;
      await removeScratch(aside);
    }
  }
  await removeScratch(aside);
  return kept;
}

function isScarce(root: string): boolean {
  const { bavail, blocks, bsize } = statfsSync(root);
  return bavail * bsize < SCARCE_BYTES || bavail < blocks / SCARCE_SHARE;
}

/** Room on the disk below which nothing is kept that can be had elsewhere. */
const SCARCE_BYTES = 5e9;
const SCARCE_SHARE = 20;

/** Removes what an earlier attempt left, now that the instance has a result. */
export async function dropKept(store: Store, name: string): Promise<void> {
  const folder = keptFolder(store, name);
  if (folder !== undefined) await removeScratch(folder);
}

/**
 * A program as one types it in a shell of one's own: where it works, the variables that such a shell has not got or has
 * otherwise, its words. Variables that vistas sets for itself are left out, and so are secrets. `from` and `to`: the folder
 * that the words name, and where it lies now.
 */
export function commandText(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  {
    own,
    secrets,
    from,
    to,
  }: {
    readonly own: NodeJS.ProcessEnv;
    readonly secrets: readonly string[];
    readonly from: string;
    readonly to: string;
  },
): string {
  const moved = (text: string): string => shellWord(text.replaceAll(from, to));
  const without = new Set([...secrets, "TMPDIR", TAG]);
  const set = Object.entries(env).flatMap(([name, value]) => {
    const has = own[name];
    if (without.has(name) || value === has || (value === "" && has === undefined)) return [];
    const added = name === "PATH" && has !== undefined && value.endsWith(`:${has}`);
    return [`${name}=${added ? `${moved(value.slice(0, -has.length))}"$PATH"` : moved(value)}`];
  });
  return `cd ${shellWord(join(to, "work"))} && ${[...set, ...argv.map(moved)].join(" ")}`;
}

/** False where there is nothing of that name. */
export async function renameIfAny(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    return false;
  }
}
