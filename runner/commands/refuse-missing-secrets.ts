import { secretFault } from "../exec/secrets.js";
import type { Mistake } from "../graph/load.js";
import type { Target } from "./load.js";

/** Secrets that steps need are asked for before anything runs, not after an hour of other steps. */
export async function refuseMissingSecrets({ nodes, host, refuse }: Target): Promise<void> {
  const mistakes = new Map<string, Mistake>();
  for (const { step, at, secrets = [] } of nodes) {
    const faults = secrets.flatMap(name => secretFault(name, host.env) ?? []);
    if (faults.length === 0) continue;
    mistakes.set(step, {
      ...{ code: "missing-secret", message: faults.join(", and ") },
      hint: `set it in the environment of this call: ${secrets.join("=... ")}=... vistas run`,
      path: [...at, "secrets"],
    });
  }
  await refuse([...mistakes.values()]);
}
