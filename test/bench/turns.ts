import { createInterface } from "node:readline";
import { execa } from "execa";

/** A process that waits, works when it is asked to, and says how long each step took. */
export interface Competitor {
  readonly tool: string;
  /** What it said of itself. */
  readonly facts: { readonly how: string; readonly version: string };
  /** Milliseconds of each of `count` steps. */
  steps(count: number): Promise<number[]>;
  end(): Promise<void>;
}

/** Starts a worker and waits until it is warm. Throws with its error where it does not come so far. */
export async function compete(tool: string, command: string, args: readonly string[]): Promise<Competitor> {
  const child = execa(command, args, { reject: false, stdin: "pipe", stderr: "pipe" });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line: IteratorResult<string, undefined> = await lines.next();
    if (line.done !== true) return JSON.parse(line.value);
    const { stderr, exitCode } = await child;
    throw new Error(
      `${tool} ended with ${exitCode ?? "a signal"}: ${stderr.trim().split("\n").at(-1) ?? ""}`,
    );
  };
  const facts = (await next()) as Competitor["facts"];
  return {
    tool,
    facts,
    async steps(count) {
      child.stdin.write(`${count}\n`);
      return (await next()) as number[];
    },
    async end() {
      child.stdin.end();
      await child;
    },
  };
}
