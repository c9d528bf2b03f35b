/**
 * Runs a program of the machine's for a source; its output goes to `toFile` where given. Throws with the program's
 * last words, or with `hint` when the program is not there.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  cwd: string,
  hint: string,
  signal: AbortSignal,
  toFile?: string,
): Promise<void> {
  const { execa } = await import("execa");
  const result = await execa(program, args, {
    cwd,
    cancelSignal: signal,
    stdin: "ignore",
    reject: false,
    ...(toFile === undefined ? {} : { stdout: { file: toFile } }),
  });
  if (!result.failed) return;
  signal.throwIfAborted();
  if (result.code === "ENOENT") throw new Error(`${program} is not on this machine (${hint})`);
  const words = [result.stderr, toFile === undefined ? result.stdout : ""]
    .join("\n")
    .trim()
    .split("\n")
    .slice(-3);
  throw new Error(`${program} ${args[0] ?? ""} failed: ${words.join(" | ") || result.shortMessage}`);
}
