import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decompress } from "../formats/gzip.js";
import { hasDigest, payloadDigest } from "./payload-digest.js";
import { checkName } from "./names.js";
import { openSource } from "./open.js";
import type { FetchOptions, Payload } from "./source.js";

export { payloadDigest } from "./payload-digest.js";

/**
 * Gets the payloads that `digests` names (name -> sha256 of the *decompressed* payload; of a folder: see
 * `payloadDigest`) from the first sources that have them. Every payload is verified before it is handed over; one
 * with a wrong checksum counts as absent. A source is left at the first payload that it cannot give, and the next is
 * asked for those still missing, so payloads may come from different sources.
 * Throws when some are still missing at the end, with each source and why it failed.
 * Does not: execute anything that was fetched, nor keep it: caching is the runner's.
 */
export async function fetchPayloads(
  sources: readonly string[],
  digests: Readonly<Record<string, string>>,
  options: FetchOptions,
): Promise<Map<string, Payload>> {
  const names = Object.keys(digests);
  names.forEach(checkName);
  const found = new Map<string, Payload>();
  const failures: string[] = [];
  const temp = await mkdtemp(join(tmpdir(), "vistas-fetch-"));
  try {
    for (const source of sources) {
      options.signal.throwIfAborted();
      const missing = names.filter(name => !found.has(name));
      if (missing.length === 0) break;
      try {
        const place = await openSource(
          source,
          names.length === 1,
          await mkdtemp(join(temp, "source-")),
          options,
        );
        for (const name of missing) {
          const payload = await verified(await place.read(name), name, digests[name] ?? "", options.maxBytes);
          found.set(name, payload);
          options.progress(found.size, names.length, `${name} from ${source}`);
          options.log(`${name}: from ${source}, sha256 as expected`);
        }
      } catch (error) {
        options.signal.throwIfAborted();
        const why = (error as Error).message;
        failures.push(`  ${source}: ${why}`);
        options.log(`${source}: ${why}`);
      }
    }
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
  const missing = names.filter(name => !found.has(name));
  if (missing.length === 0) return found;
  throw new Error(
    `no source gave ${missing.join(", ")}:\n${failures.join("\n")}\n` +
      `Give a local copy: source: ./path (a folder that holds ${missing.join(", ")}, plain or as .gz), ` +
      `in place of or before the other sources.`,
  );
}

async function verified(payload: Payload, name: string, expected: string, limit: number): Promise<Payload> {
  const raw = payload instanceof Uint8Array ? await decompress(payload, name, limit) : payload;
  if (hasDigest(raw, expected.toLowerCase())) return raw;
  throw new Error(`${name} has sha256 ${payloadDigest(raw)}, but ${expected} is expected`);
}
