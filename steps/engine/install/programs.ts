/** The programs of the machine that an installation needs: found, or missed with a word on how to get them. */
import process from "node:process";
import { execa } from "execa";
import { InstallFault, type Site } from "./recipe.js";

/** A program with the words that always come first, such as `python3 -m pip`. */
export type Program = readonly [string, ...string[]];

/** Runs a program to its end. Throws an InstallFault with its last words when it fails. */
export async function runProgram(
  [file, ...first]: Program,
  args: readonly string[],
  { scratch, signal }: Site,
  hint: string,
): Promise<void> {
  const { failed, all, exitCode } = await execa(file, [...first, ...args], {
    all: true,
    cwd: scratch,
    env: { TMPDIR: scratch },
    stdin: "ignore",
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (!failed) return;
  const said = all.trim().split("\n").slice(-LINES).join("\n");
  const what = `\`${[file, ...first, ...args].join(" ")}\` ended with ${exitCode ?? "a signal"}`;
  throw new InstallFault(said === "" ? what : `${what}:\n${said}\n`, hint);
}

/** As much of a failed program's output as says why, a compiler's first errors among it. */
const LINES = 20;

/** The first of `candidates` that answers to `--version`; undefined when none does. */
export async function findProgram(candidates: readonly Program[]): Promise<Program | undefined> {
  for (const candidate of candidates) {
    const [file, ...first] = candidate;
    const { failed } = await execa(file, [...first, "--version"], { reject: false, stdin: "ignore" });
    if (!failed) return candidate;
  }
  return undefined;
}

export async function findNpm(): Promise<Program> {
  const npm = await findProgram([["npm"]]);
  return npm ?? fault("npm was not found", "It comes with Node: put it on the PATH.");
}

/** pip of any Python: what is downloaded does not depend on which. */
export async function findPip(): Promise<Program> {
  const pip = await findProgram([["python3", "-m", "pip"], ["pip3"], ["python", "-m", "pip"]]);
  if (pip !== undefined) return pip;
  const python = await findProgram([["python3"], ["python"]]);
  if (python === undefined)
    return fault(
      "Python was not found",
      "Install Python 3 with pip; only its downloader is used (Debian: apt install python3-pip).",
    );
  return fault(
    "Python has no pip",
    "Install it (Debian: apt install python3-pip; elsewhere: python3 -m ensurepip --user).",
  );
}

export async function findCompiler(): Promise<Program> {
  const { CXX } = process.env;
  const named: readonly Program[] = CXX === undefined || CXX === "" ? [] : [[CXX]];
  const compiler = await findProgram([...named, ["c++"], ["g++"], ["clang++"]]);
  return (
    compiler ??
    fault(
      "no C++ compiler was found",
      "Install one that knows C++17 (Debian: apt install g++; many clusters: module load gcc), or name it in CXX.",
    )
  );
}

function fault(message: string, hint: string): never {
  throw new InstallFault(message, hint);
}
