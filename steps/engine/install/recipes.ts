/** How each engine is installed: its stages, in order. */
import { statfsSync } from "node:fs";
import { VERSIONS, type Installable } from "../places.js";
import { compileBinding, unpackLibrary } from "./binding.js";
import { downloadWheel } from "./download.js";
import { npmStage } from "./npm-package.js";
import { findCompiler, findNpm, findPip } from "./programs.js";
import { InstallFault, type Recipe, type Site, type Stage } from "./recipe.js";
import { requireGlibc, wheelFor } from "./wheels.js";

export const RECIPES: Readonly<Record<Installable, () => Recipe>> = {
  tensorflow: () => tensorflow(),
  webgpu: () => ({ stages: [lookFor(0.3, [findNpm]), npmStage(WEBGPU)], mustWork: false }),
};

const WEBGPU = [
  `webgpu@${VERSIONS.dawn}`,
  ...["core", "backend-webgpu"].map(name => `@tensorflow/tfjs-${name}@${VERSIONS.tfjs}`),
];
const TFJS_NODE = [`@tensorflow/tfjs-node@${VERSIONS.tfjs}`, "node-api-headers@1.9.0"];

/**
 * tfjs-node(-gpu)'s own installation downloads libtensorflow from a place of its own, which many sites block. Python's
 * package index, which such sites mostly reach or mirror, serves the same library within wheels.
 */
export function tensorflow(wheel = wheelFor()): Recipe {
  let file: string;
  return {
    mustWork: true,
    stages: [
      lookFor(2, [findNpm, findPip, findCompiler]),
      npmStage(TFJS_NODE),
      {
        title: `download ${wheel.requirement} from the Python package index, and verify its sha256`,
        run: async site => void (file = await downloadWheel(wheel, site)),
      },
      { title: "unpack libtensorflow and its headers", run: site => unpackLibrary(file, site) },
      { title: "compile the binding of tfjs-node", run: compileBinding },
    ],
  };
}

const GB = 1e9;

/** Misses what is missing before anything is downloaded. `gigabytes`: what the installation takes at its height. */
function lookFor(gigabytes: number, programs: readonly (() => Promise<unknown>)[]): Stage {
  return {
    title: "see whether this machine has what it takes",
    async run({ scratch }: Site) {
      if (programs.includes(findCompiler)) requireGlibc();
      for (const find of programs) await find();
      const { bavail, bsize } = statfsSync(scratch);
      if (bavail * bsize < gigabytes * GB)
        throw new InstallFault(
          `it takes ${gigabytes} GB, and ${((bavail * bsize) / GB).toFixed(1)} GB are free at ${scratch}`,
          "Free some, or name another folder in VISTAS_ENGINES.",
        );
    },
  };
}
