import type { Size } from "../../store/objects/sizes.js";
import { bytes } from "../../ui/quantities.js";

/** `104 MB`, and where equal files, or holes in them, make it less on the disk, `104 MB (61 MB on disk)`. */
export function sizeText({ bytes: logical, disk }: Size): string {
  const shorter = bytes(disk);
  if (disk === 0 && logical > 0) return `${bytes(logical)} (not in the store)`;
  return disk < logical && shorter !== bytes(logical)
    ? `${bytes(logical)} (${shorter} on disk)`
    : bytes(logical);
}
