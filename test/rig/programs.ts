import { afterEach } from "@jest/globals";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "./temp.js";

/**
 * Puts programs of that name first on the PATH, each a shell script; `alone`: nothing else is to be found there.
 * The PATH is put back after each test. Returns the folder of the programs.
 */
export function fakePrograms(scripts: Readonly<Record<string, string>>, alone = false): string {
  const bin = join(tempFolder(), "bin");
  mkdirSync(bin);
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env["PATH"] = alone ? bin : `${bin}:${original ?? ""}`;
  return bin;
}

const original = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = original;
});
