import { execaSync } from "execa";
import { UsageError } from "../../core/diagnostic.js";

/** The commit that a word names in a folder's repository, as git says; undefined where it names none. */
export function commitOf(word: string, folder: string, env: NodeJS.ProcessEnv): string | undefined {
  return git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${word}^{commit}`], folder, env)
    .lines[0];
}

/** The commits of a range such as `main..`, or the one that a word names. Throws a `UsageError` where there are none. */
export function commitsOf(range: string, folder: string, env: NodeJS.ProcessEnv): ReadonlySet<string> {
  if (!range.includes("..")) {
    const commit = commitOf(range, folder, env);
    if (commit !== undefined) return new Set([commit]);
  }
  const { lines, fault } = git(["rev-list", "--end-of-options", range], folder, env);
  if (fault === undefined) return new Set(lines);
  throw UsageError.ofCall(
    "bad-option",
    `--rev ${range} names no commits: ${fault}`,
    "for example: --rev main.. or --rev v1.0",
  );
}

function git(words: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const { stdout, stderr, failed, originalMessage } = execaSync("git", words, { cwd, env, reject: false });
  const fault = failed ? (stderr.split("\n")[0] ?? "") || (originalMessage ?? "git failed") : undefined;
  return { lines: failed ? [] : stdout.split("\n").filter(line => line !== ""), fault };
}
