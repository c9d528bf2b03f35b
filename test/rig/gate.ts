import { closeSync, constants, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { execa } from "execa";

/**
 * A named pipe by which a step and its test wait for each other: no sleeping, no polling.
 * In a step: `echo > "$gate"` waits until the test has arrived; `read x < "$gate"` waits until it opens.
 */
export class Gate {
  private constructor(readonly path: string) {}

  static async at(path: string): Promise<Gate> {
    await execa("mkfifo", [path]);
    return new Gate(path);
  }

  /** Resolves when the step writes to the gate; gives what it wrote. */
  async arrived(): Promise<string> {
    const handle = await open(this.path, "r");
    try {
      return (await handle.readFile("utf8")).trim();
    } finally {
      await handle.close();
    }
  }

  /** Lets a step that reads from the gate go on. */
  async open(): Promise<void> {
    const handle = await open(this.path, "w");
    await handle.write("\n");
    await handle.close();
  }

  /** Lets go whoever still waits, so that nothing hangs when a test fails. */
  release(): void {
    closeSync(openSync(this.path, constants.O_RDWR));
  }
}
