import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Revision } from "../core/record.js";

/**
 * The commit of the folder's repository, and whether tracked files differ from it. Undefined where there is no repository,
 * no commit or no git, or git takes longer than 5 s. Takes no lock in the repository.
 */
export async function revisionOf(folder: string, env: NodeJS.ProcessEnv): Promise<Revision | undefined> {
  if (!isInRepository(folder)) return undefined;
  const words = ["status", "--porcelain=v2", "--branch", "--untracked-files=no"];
  const options = { cwd: folder, env: { ...env, GIT_OPTIONAL_LOCKS: "0" }, timeout: 5000, maxBuffer: 65_536 };
  const lines = await new Promise<readonly string[]>(resolve => {
    // What was read before an error counts: more than 64 kB of changes are one.
    execFile("git", words, options, (error, stdout) =>
      resolve(error?.killed === true && stdout.length < 65_000 ? [] : stdout.split("\n")),
    );
  });
  const commit = lines
    .map(line => /^# branch\.oid ([0-9a-f]{40,64})$/.exec(line)?.[1])
    .find(id => id !== undefined);
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
