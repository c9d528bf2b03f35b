/**
 * The Python wheels that hold libtensorflow: shared libraries and C headers among much Python, which is not used.
 * Pinned by SHA-256, because what is downloaded will compute. All that vistas needs is the C API, which is the same
 * in every version 2; this version is the newest whose wheels are served for both processors and whose `linux` ones
 * ask for no newer glibc than 2.17.
 */
import process from "node:process";
import { VERSIONS } from "../places.js";
import { InstallFault } from "./recipe.js";

export interface Wheel {
  /** What pip is asked for. */
  readonly requirement: string;
  /** pip's names of the platform and of the Python that the wheel was made for; any Python can download it. */
  readonly platform: string;
  readonly python: string;
  readonly sha256: string;
  readonly bytes: number;
}

const version = VERSIONS.libtensorflow;
const WHEELS: Readonly<Record<string, Wheel>> = {
  "linux-x64": {
    requirement: `tensorflow-cpu==${version}`,
    platform: "manylinux_2_17_x86_64",
    python: "312",
    sha256: "8e0f27dbd92c6d380ae0ccfe73c7343f65c127b0aa98467c30c2e71eda7c76a4",
    bytes: 230_350_167,
  },
  "linux-arm64": {
    requirement: `tensorflow==${version}`,
    platform: "manylinux_2_17_aarch64",
    python: "312",
    sha256: "1ba52b9c06ab8102b31e50acfaf56899b923171e603c8942f2bfeb181d6bb59e",
    bytes: 231_996_787,
  },
};

/** The wheel for this machine. Throws an InstallFault where there is none. */
export function wheelFor(platform: string = process.platform, arch: string = process.arch): Wheel {
  const wheel = WHEELS[`${platform}-${arch}`];
  if (wheel !== undefined) return wheel;
  throw new InstallFault(
    `libtensorflow can be installed on ${Object.keys(WHEELS).join(" and ")}, and this is ${platform}-${arch}`,
    `Try the package's own installation, npm install --no-save @tensorflow/tfjs-node@${VERSIONS.tfjs}, or use another engine.`,
  );
}

/** The wheels' libraries want glibc, which Alpine, for one, does not have. */
export function requireGlibc(report: object = process.report.getReport()): void {
  const { header } = report as { header?: { glibcVersionRuntime?: string } };
  if (header?.glibcVersionRuntime === undefined)
    throw new InstallFault(
      "libtensorflow needs glibc, and this system has another C library",
      "Use another engine (vistas doctor lists them), or a system such as Debian.",
    );
}
