/**
 * How much an archive may unpack to. Beyond the limit that the user sets in bytes there is one of ratio, so that a few
 * kilobytes that claim to be gigabytes are given up early; what stays small may be as repetitive as it likes.
 */
export function mostUnpacked(packed: number, limit: number): number {
  return Math.min(limit, Math.max(ALWAYS, packed * RATIO));
}

/** Why more than that is not unpacked, in words that follow the archive's name. */
export function tooMuch(packed: number, limit: number): string {
  return mostUnpacked(packed, limit) === limit
    ? `it unpacks to more than the limit of ${limit} bytes`
    : `it unpacks to more than ${RATIO} times its size, as data does not and archives made to fill a disk do`;
}

/** Data of pictures and numbers shrinks by 2 to 50; deflate cannot go beyond 1,032. */
const RATIO = 200;
/** Bytes. */
const ALWAYS = 64 * 2 ** 20;

/** The most members that an archive may have: a million-image data set is still below. */
export const MOST_MEMBERS = 2_000_000;
