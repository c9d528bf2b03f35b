import { sha256 } from "../cache/hash.js";
import { labelText, type Place } from "../core/labels.js";

/**
 * A place on axes as a file name, `seed=0`: what cannot stand in one is written as in URLs, and one too long for a
 * disk is cut and told from others by its hash.
 */
export function labelFileName(labels: Place): string {
  const name = labelText(labels).replace(/[%/\0]/g, encodeURIComponent);
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  return `${Array.from(name).slice(0, KEPT).join("")}-${sha256(name).slice(0, 12)}`;
}

/** Most disks end at 255; an ending follows. */
const MOST_BYTES = 200;
/** Characters, of up to four bytes. */
const KEPT = 40;
