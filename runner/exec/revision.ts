import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Revision } from "../core/record.js";

/**
 * The commit of the folder's repository, and whether tracked files differ from it. Undefined where there is no repository,
 * no commit or no git, or git takes longer than 5 s. Takes no lock in the repository.
 */
export async function revisionOf(folder: string, env: NodeJS.ProcessEnv): Promise<Revision | undefined> {
  if (!isInRepository(folder)) return undefined;
  const { execa } = await import("execa");
  const git = await execa("git", ["status", "--porcelain=v2", "--branch", "--untracked-files=no"], {
    ...{ cwd: folder, env: { ...env, GIT_OPTIONAL_LOCKS: "0" }, extendEnv: false },
    ...{ timeout: 5000, reject: false, stdin: "ignore", stderr: "ignore", maxBuffer: 65_536 },
  });
  // More changes than fit are changes.
  if (git.failed && !git.isMaxBuffer) return undefined;
  const lines = git.stdout.split("\n");
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(git.stdout)?.[1];
  return commit === undefined
    ? undefined
    : { commit, dirty: lines.some(line => line !== "" && !line.startsWith("#")) };
}

/** Looking costs less than starting git. */
function isInRepository(folder: string): boolean {
  if (existsSync(join(folder, ".git"))) return true;
  const above = dirname(folder);
  return above !== folder && isInRepository(above);
}
