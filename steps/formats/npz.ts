import { parseNpy, type StoredArray } from "./npy.js";
import { unzip, zipEntries } from "./zip.js";

/**
 * Reads one array of a NumPy .npz file (a zip of .npy members, stored or deflated, as `savez` and
 * `savez_compressed` write them). `member` may leave out the `.npy`. `limit` bounds the unpacked bytes.
 * Does not: read zip64, encrypted or multi-disk archives.
 */
export async function readNpz(
  bytes: Uint8Array,
  member: string,
  name: string,
  limit: number,
): Promise<StoredArray> {
  const entries = zipEntries(bytes, name);
  const entry = entries.find(e => e.name === member || e.name === `${member}.npy`);
  if (entry === undefined)
    throw new Error(`${name} holds no array '${member}' (it holds: ${npzNames(bytes, name).join(", ")})`);
  return parseNpy(await unzip(bytes, entry, `${name}:${member}`, limit), `${name}:${member}`);
}

/** The arrays' names, without `.npy`, in the archive's order. */
export function npzNames(bytes: Uint8Array, name: string): string[] {
  return zipEntries(bytes, name).map(e => e.name.replace(/\.npy$/, ""));
}
