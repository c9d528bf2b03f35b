import { extname } from "node:path";
import { sha256 } from "../../cache/hash.js";
import { labelText, type Place } from "../../core/labels.js";

/**
 * A place on axes as a file name, `seed=0`: what cannot stand in one is written as in URLs, and one too long for a
 * disk is cut and told from others by its hash.
 */
export function labelFileName(labels: Place): string {
  const name = labelText(labels).replace(/[%/\0]/g, encodeURIComponent);
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  return `${Array.from(name).slice(0, KEPT).join("")}-${sha256(name).slice(0, 12)}`;
}

/**
 * The ending by which programs know a file: `.csv`, and of a compressed file, an image or a surface with two of them both
 * (`.nii.gz`, `.tar.zst`, `.vcf.gz.tbi`, `.ome.tiff`, `.func.gii`).
 */
export function endingOf(name: string): string {
  return DOUBLE.exec(name)?.[0] ?? extname(name);
}

const DOUBLE =
  /(?<=.)\.(?:[A-Za-z][A-Za-z0-9]{0,11}\.(?:gz|bgz|bz2|xz|zst|lz4|lzma|br|Z|zip)(?:\.(?:tbi|csi|gzi|bai|fai))?|ome\.(?:tiff?|zarr)|[a-z]+\.gii|d[a-z]+\.nii)$/;

/** Most disks end at 255; an ending follows. */
const MOST_BYTES = 200;
/** Characters, of up to four bytes. */
const KEPT = 40;
