const MARK = " [skipped: ";

/** The name of a skipped test says why: that is all of a test which a reporter sees. */
export function skippedName(name: string, reason: string): string {
  return `${name}${MARK}${reason}]`;
}

/** Splits a full test name that was made here; without a reason when it was not. */
export function skipReason(fullName: string): { readonly name: string; readonly reason: string | undefined } {
  const at = fullName.indexOf(MARK);
  if (at < 0) return { name: fullName, reason: undefined };
  const end = fullName.lastIndexOf("]");
  return { name: fullName.slice(0, at), reason: fullName.slice(at + MARK.length, end) };
}
