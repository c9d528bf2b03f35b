import type { CodeHost } from "../cache/code.js";
import type { Clock } from "../core/clock.js";
import type { Kinds } from "../spec/kinds.js";
import type { EngineChoice } from "../step-api.js";
import type { Store } from "../store/store.js";
import type { Executor } from "./job.js";
import type { Capacity } from "./leases.js";

/** All that planning and running need from outside; the composition root builds it, tests may replace any of it. */
export interface Host {
  readonly store: Store;
  readonly kinds: Kinds;
  readonly clock: Clock;
  /** The tensor engine of numeric kinds, chosen at the first need. Throws an error that says what to install. */
  engine(): Promise<EngineChoice>;
  readonly executor: Executor;
  readonly capacity: Capacity;
  /** The environment of vistas itself, from which the declared variables and the minimal base are taken. */
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
}

export function codeHost(store: Store): CodeHost {
  return { fileDigest: path => store.digester.file(path), memo: store.memo("code") };
}
