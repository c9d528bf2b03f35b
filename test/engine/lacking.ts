import { missing } from "../../steps/engine/packages.js";
import type { ProbeResult } from "../../steps/engine/try-backend.js";
import type { Backend } from "../../steps/engine/types.js";

/** Why a backend cannot be tested on this machine; one that is there and does not work is no reason. */
export function lacking(backend: Backend, result: ProbeResult | undefined): string | undefined {
  const absent = missing(backend);
  if (absent !== undefined) return absent;
  return result?.ok === false && result.why.startsWith("no GPU was found") ? result.why : undefined;
}
