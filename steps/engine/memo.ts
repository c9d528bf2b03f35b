/**
 * What trying a backend came to, kept in a file, so that a run with nothing to do need not load any backend. An
 * entry holds as long as the machine, Node, the backend's packages and this code are the same.
 * Does not: matter. A memo that is lost or damaged costs the time of a new trial.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { stampOf, statOf } from "./packages.js";
import type { ProbeResult } from "./try-backend.js";
import type { Backend } from "./types.js";

type Entries = Partial<Record<Backend, { readonly stamp: string; readonly result: ProbeResult }>>;

export class ProbeMemo {
  readonly #file: string;
  #entries: Entries;

  constructor(private readonly folder: string) {
    this.#file = join(folder, "engine-probe.json");
    this.#entries = read(this.#file);
  }

  get(backend: Backend): ProbeResult | undefined {
    const entry = this.#entries[backend];
    return entry?.stamp === stamp(backend) ? entry.result : undefined;
  }

  set(backend: Backend, result: ProbeResult): void {
    this.#entries = { ...this.#entries, [backend]: { stamp: stamp(backend), result } };
    const temporary = `${this.#file}.${process.pid}`;
    try {
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(temporary, JSON.stringify(this.#entries));
      renameSync(temporary, this.#file);
    } catch {
      // A store that cannot be written to is the store's to report; here it only means to try again next time.
      rmSync(temporary, { force: true });
    }
  }
}

function read(file: string): Entries {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // Not there yet, or damaged: nothing is remembered.
  }
}

/** What decides which device, driver or library a backend meets. */
const DEVICE_VARIABLES = [
  "CUDA_VISIBLE_DEVICES",
  "VISTAS_ONNX_PROVIDER",
  "LD_LIBRARY_PATH",
  "VK_DRIVER_FILES",
  "VK_ICD_FILENAMES",
];

function stamp(backend: Backend): string {
  // GPUs differ between the machines that share a store, and between the devices lent on one.
  const devices = DEVICE_VARIABLES.map(name => process.env[name] ?? "-");
  const place = [hostname(), process.version, process.arch, ...devices];
  return [...place, codeStamp(), stampOf(backend)].join(" | ");
}

let code: string | undefined;

/** The engine's own code is part of an outcome: a repaired kernel must be checked anew. */
function codeStamp(): string {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  code ??= readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(file => file.endsWith(".js"))
    .sort()
    .map(file => statOf(join(folder, file)))
    .join(" ");
  return code;
}
