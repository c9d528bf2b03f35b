import { distance } from "fastest-levenshtein";

/** The candidate that `word` is most likely a misspelling of, or nothing when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Two letters swapped count as two edits, so from four letters on two are forgiven.
  let least = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    // Of equally near ones that which has its letters, as in `sotr` for `sort`.
    const isBetter = d < least || (d === least && best !== undefined && letters(candidate) === letters(word));
    if (isBetter) [best, least] = [candidate, d];
  }
  return best;
}

function letters(word: string): string {
  return Array.from(word.toLowerCase()).sort().join("");
}
