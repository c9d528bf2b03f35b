import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/**
 * Runs a program of the machine's for a source; its output goes to a file where one is given, up to so many bytes.
 * Throws with the program's last words, with `hint` when the program is not there, and beyond those bytes.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  cwd: string,
  hint: string,
  signal: AbortSignal,
  to?: { readonly file: string; readonly maxBytes: number },
): Promise<void> {
  const { execa } = await import("execa");
  const options = { cwd, cancelSignal: signal, stdin: "ignore", reject: false } as const;
  const running = execa(program, args, { ...options, buffer: { stdout: to === undefined } });
  const excess = to === undefined ? undefined : await pour(running.stdout, to);
  const result = await running;
  if (excess !== undefined) throw new Error(`${program} ${args[0] ?? ""} was given up: ${excess}`);
  if (!result.failed) return;
  signal.throwIfAborted();
  if (result.code === "ENOENT") throw new Error(`${program} is not on this machine (${hint})`);
  const words = [result.stderr, to === undefined ? result.stdout : ""]
    .join("\n")
    .trim()
    .split("\n")
    .slice(-3);
  throw new Error(`${program} ${args[0] ?? ""} failed: ${words.join(" | ") || result.shortMessage}`);
}

/** Writes a stream to a file, until there is too much of it: then the words for that. */
async function pour(
  from: NodeJS.ReadableStream,
  { file, maxBytes }: { readonly file: string; readonly maxBytes: number },
): Promise<string | undefined> {
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) return;
      yield chunk;
    }
  };
  await pipeline(from, counted, createWriteStream(file));
  return bytes > maxBytes ? `its output is more than ${maxBytes} bytes` : undefined;
}
