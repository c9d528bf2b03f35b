import { join } from "node:path";
import { UsageError } from "../core/diagnostic.js";
import { isObject } from "../core/json.js";
import type { Disk } from "./disk.js";
import { readEnvelope, writeEnvelope } from "./records/envelope.js";
import { paths } from "./paths.js";
import { formatOf } from "./records/records.js";

/** How a store is laid out. Raised when an older vistas could no longer read or share it safely. */
export const STORE_FORMAT = 1;

/** Refuses a store that a newer vistas has laid out. One without the file, or with a damaged one, is as of old. */
export function checkFormat(disk: Disk, root: string): void {
  const body = readEnvelope(disk, fileIn(root));
  const format = formatOf(body);
  if (format === undefined || format <= STORE_FORMAT) return;
  const by = isObject(body) && typeof body["by"] === "string" ? body["by"] : "a newer vistas";
  throw UsageError.ofCall(
    "newer-store",
    `the store ${root} was laid out by ${by} (store format ${format}; this vistas knows ${STORE_FORMAT})`,
    "Use that version or a later one, or another store: --root DIR.",
  );
}

/**
 * Says which format a store has, where nothing says so yet, or something older. There is no older one; when there is,
 * what it laid out in another way is brought over here, before the format is raised. `by`: who writes it.
 */
export function writeFormat(disk: Disk, root: string, by: string): void {
  if ((formatOf(readEnvelope(disk, fileIn(root))) ?? 0) < STORE_FORMAT)
    writeEnvelope(disk, fileIn(root), { format: STORE_FORMAT, by });
}

function fileIn(root: string): string {
  return join(root, paths.format);
}
