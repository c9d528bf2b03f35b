import type { CodeHost } from "../cache/code.js";
import type { Clock } from "../core/clock.js";
import type { Json } from "../core/json.js";
import type { Kinds } from "../pipeline/schema/kinds.js";
import type { EngineChoice } from "../step-api.js";
import type { Store } from "../store/store.js";
import type { Executor } from "./process/job.js";
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

/** Parsed modules are remembered on disk and, as one run may ask after them often, here. */
export function codeHost(store: Store): CodeHost {
  const memo = store.cache.memo("modules");
  const known = new Map<string, Json>();
  return {
    fileDigest: path => store.digester.file(path),
    memo: {
      get(hash) {
        const value = known.get(hash) ?? memo.get(hash);
        if (value !== undefined) known.set(hash, value);
        return value;
      },
      put(hash, value) {
        known.set(hash, value);
        memo.put(hash, value);
      },
    },
  };
}
