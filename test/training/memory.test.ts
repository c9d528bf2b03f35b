import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../rig/temp.js";

/** What `measure-memory.ts` tells of one piece of work, done in a process of its own. */
interface Memory {
  /** Highest resident memory, MB. */
  readonly peak: number;
  /** Resident memory after a fifth of the updates, and after all, MB. */
  readonly resident: readonly [number, number];
  /** Different numbers of tensors that were alive between updates. */
  readonly tensors: readonly number[];
}

async function memoryOf(work: string, size: number): Promise<Memory> {
  const program = fileURLToPath(new URL("./measure-memory.js", import.meta.url));
  const { stdout } = await execa(process.execPath, [program, work, String(size), tempFolder()], {
    timeout: 60_000,
  });
  return JSON.parse(stdout) as Memory;
}

describe("memory", () => {
  it("stays the same over 5,000 updates", async () => {
    const { tensors, resident } = await memoryOf("updates", 5000);
    expect(tensors).toHaveLength(1);
    expect(resident[1] - resident[0]).toBeLessThan(40);
  });

  it.each([
    // In bytes of pictures: 235 MB.
    ["training", 150_000],
    ["sampling", 75_000],
  ])("%s takes no more of it for many views than for few", async (work, anchors) => {
    const few = await memoryOf(work, 1000);
    const many = await memoryOf(work, anchors);
    expect(many.peak - few.peak).toBeLessThan(60);
  });
});
