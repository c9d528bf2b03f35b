import type { Resources } from "../pipeline/graph/graph.js";
import type { GpuId } from "../step-api.js";

/** What this machine can lend. Memory in bytes. */
export interface Capacity {
  readonly cpus: number;
  readonly gpus: readonly GpuId[];
  readonly memory: number;
}

/** A share of the machine held by one running step. */
export interface Lease {
  readonly cpus: number;
  readonly gpus: readonly GpuId[];
  readonly memory: number;
}

/** Lends cores, GPUs and memory to steps. Never lends more than there is. Does not: queue or wait. */
export class Leases {
  #cpus: number;
  #memory: number;
  #slots: number;
  readonly #gpus: GpuId[];

  constructor(
    private readonly capacity: Capacity,
    /** The greatest number of steps at once. */
    jobs: number,
  ) {
    this.#cpus = capacity.cpus;
    this.#memory = capacity.memory;
    this.#gpus = [...capacity.gpus];
    this.#slots = jobs;
  }

  /** A lease, or nothing when the rest does not suffice now. */
  tryTake(wanted: Resources): Lease | undefined {
    // A step written for a larger machine gets all cores of this one: it is slower there, not wrong.
    const cpus = Math.min(Math.max(wanted.cpus, 0), this.capacity.cpus);
    if (
      this.#slots < 1 ||
      cpus > this.#cpus ||
      wanted.gpus > this.#gpus.length ||
      wanted.memory > this.#memory
    )
      return undefined;
    this.#slots -= 1;
    this.#cpus -= cpus;
    this.#memory -= wanted.memory;
    return { cpus, gpus: this.#gpus.splice(0, wanted.gpus), memory: wanted.memory };
  }

  give(lease: Lease): void {
    this.#slots += 1;
    this.#cpus += lease.cpus;
    this.#memory += lease.memory;
    this.#gpus.push(...lease.gpus);
    // In the order of the machine again, so that a step alone always gets the same one.
    const { gpus } = this.capacity;
    this.#gpus.sort((a, b) => gpus.indexOf(a) - gpus.indexOf(b));
  }

  /** True while no more can start whatever it wants. */
  get exhausted(): boolean {
    return this.#slots < 1;
  }
}

/** Why a step can never start on this machine, if so. */
export function neverFits(wanted: Resources, capacity: Capacity): string | undefined {
  if (wanted.gpus > capacity.gpus.length) {
    return `it wants ${wanted.gpus} GPU${wanted.gpus === 1 ? "" : "s"}; this machine has ${capacity.gpus.length}`;
  }
  if (wanted.memory > capacity.memory) {
    const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
    return `it wants ${gigabytes(wanted.memory)} of memory; this machine has ${gigabytes(capacity.memory)}`;
  }
  return undefined;
}
