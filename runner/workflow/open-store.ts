import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../core/diagnostic.js";
import { projectOf } from "../core/project-folder.js";
import { code } from "../pipeline/mistakes/wording.js";
import { systemDisk } from "../store/disk.js";
import { Store } from "../store/store.js";
import { UserCache, userCacheFolder } from "../store/memory/user-cache.js";
import type { Tools } from "./tools.js";

/** From where a pipeline is opened: by the command line or by a program. */
export interface Place {
  readonly tools: Tools;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The store; undefined: `artifacts/` in the pipeline's project. */
  readonly root: string | undefined;
}

/** The store: the place's, or `artifacts/` in the project. */
export function openStore({ tools, cwd, env, root: given }: Place, pipeline: string): Store {
  const project = projectOf(resolve(cwd, pipeline));
  const root = given === undefined ? join(project, "artifacts") : resolve(cwd, given);
  refuseFile(root);
  const store = new Store(root, tools.clock, systemDisk, new UserCache(userCacheFolder(env, cwd)));
  store.check();
  return store;
}

/** A store is a folder; so is all that it lies in. */
function refuseFile(root: string): void {
  for (let path = root; ; path = dirname(path)) {
    if (!existsSync(path) && dirname(path) !== path) continue;
    if (!existsSync(path) || statSync(path).isDirectory()) return;
    const message = `the store cannot be ${code(root)}: ${path === root ? "it" : code(path)} is a file`;
    throw UsageError.ofCall("bad-root", message, "name a folder: --root DIR");
  }
}
