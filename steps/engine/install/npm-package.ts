import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNpm, runProgram } from "./programs.js";
import type { Stage } from "./recipe.js";

/** Installs packages (`name@version`) into the engine's folder. Their scripts are not run: those are what fails offline. */
export function npmStage(packages: readonly string[]): Stage {
  return {
    title: `get ${packages.join(", ")} from the npm registry, without running their scripts`,
    async run(site) {
      const npm = await findNpm();
      mkdirSync(site.folder, { recursive: true });
      // npm would go up to the next folder with a package.json.
      writeFileSync(join(site.folder, "package.json"), `${JSON.stringify({ private: true })}\n`);
      const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
      await runProgram(
        npm,
        ["install", ...flags, "--prefix", site.folder, ...packages],
        site,
        "Is a package registry reached? npm uses its own settings (npm config list).",
      );
    },
  };
}
