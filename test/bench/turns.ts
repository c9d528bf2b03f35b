import { createInterface } from "node:readline";
import { execa } from "execa";

/** A process that waits, works for a while when it is asked to, and says how long each step took. */
export interface Competitor {
  readonly tool: string;
  /** What it said of itself. */
  readonly facts: { readonly how: string; readonly version: string };
  /** Works for about so long, and at least one step. Milliseconds of each step. */
  work(milliseconds: number): Promise<number[]>;
  /** Ends it. What it had to say in the end, if anything. */
  end(): Promise<Readonly<Record<string, unknown>>>;
}

export interface Contestant {
  readonly tool: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a worker and waits until it is warm. Throws with its error where it does not come so far. */
export async function compete({ tool, command, args, env = {} }: Contestant): Promise<Competitor> {
  const child = execa(command, args, { reject: false, stdin: "pipe", stderr: "pipe", env });
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
    async work(milliseconds) {
      child.stdin.write(`${milliseconds}\n`);
      return (await next()) as number[];
    },
    async end() {
      child.stdin.end();
      const last: IteratorResult<string, undefined> = await lines.next();
      await child;
      return last.done === true ? {} : (JSON.parse(last.value) as Record<string, unknown>);
    },
  };
}
