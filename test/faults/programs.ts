import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Executor } from "../../runner/exec/process/job.js";
import { isCode } from "../../runner/store/disk.js";

/**
 * An executor that does what the few words of a test's commands say, in this process and with the real file system,
 * as a user's program would:
 * `text OUT WORD`, `folder IN OUT`, `join OUT IN...`, `part OUT SCRATCH` (by way of a part that is kept).
 * `salt` makes `text` write other bytes: a program that is not deterministic.
 */
export function scripted(salt = ""): Executor {
  return {
    async run(job, hooks) {
      if (job.program.type !== "command") throw new Error("these tests run commands only");
      const [word = "", ...paths] = job.program.argv;
      const [first = "", second = ""] = paths;
      if (word === "text") writeFileSync(first, `${second}${salt}\n`);
      else if (word === "folder") makeFolder(first, second);
      else if (word === "join") writeFileSync(first, paths.slice(1).map(allText).join(""));
      else if (word === "part") {
        const found = await hooks.findPart("shard");
        const scratch = join(job.cwd, "..", "shard");
        if (found === undefined) writeFileSync(scratch, "a shard\n".repeat(1000));
        writeFileSync(first, readFileSync(found ?? (await hooks.keepPart("shard", scratch))));
      }
      return { ok: true, metrics: {}, curves: {} };
    },
  };
}

function makeFolder(from: string, to: string): void {
  mkdirSync(join(to, "sub", "deep"), { recursive: true });
  mkdirSync(join(to, "empty"));
  writeFileSync(join(to, "sub", "deep", "a"), readFileSync(from));
  writeFileSync(join(to, "sub", "b"), "b\n");
  writeFileSync(join(to, "tool"), "#!/bin/sh\n", { mode: 0o755 });
}

/** All that a file or folder holds, names included. */
export function allText(path: string): string {
  try {
    const names = readdirSync(path).sort();
    return names.map(name => `${name}:${allText(join(path, name))}`).join("");
  } catch (error) {
    if (isCode(error, "ENOTDIR")) return readFileSync(path, "utf8");
    throw error;
  }
}
