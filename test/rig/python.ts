import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

/** The real executable of this machine's Python, behind shims; undefined where there is none with `venv`. */
export const python = findPython();
export const noPython = python === undefined ? "there is no Python 3 with the module venv" : undefined;

function findPython(): string | undefined {
  try {
    const question = "import sys, venv; print(getattr(sys, '_base_executable', sys.executable))";
    return execFileSync("python3", ["-c", question], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

/** A virtual environment without pip, in which packages are put by hand, without a network. */
export class Venv {
  readonly site: string;

  constructor(
    readonly folder: string,
    interpreter = python ?? "python3",
  ) {
    execFileSync(interpreter, ["-m", "venv", "--without-pip", folder]);
    const question = "import sysconfig; print(sysconfig.get_path('purelib'))";
    this.site = execFileSync(join(folder, "bin", "python"), ["-c", question], { encoding: "utf8" }).trim();
  }

  write(path: string, text: string): void {
    const file = join(this.site, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** The package `name` in a version, which it says itself. */
  install(name: string, version: string): void {
    this.write(`${name}/__init__.py`, `VALUE = ${JSON.stringify(version)}\n`);
    const info = `${name}-${version}.dist-info`;
    this.write(`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
    this.write(`${info}/RECORD`, `${name}/__init__.py,,\n${info}/METADATA,,\n${info}/RECORD,,\n`);
  }
}
