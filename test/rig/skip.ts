import { describe, it } from "@jest/globals";
import { skippedName } from "./skip-name.js";

/**
 * `it`, or a skipped test that says why in its name; the summary at the end of `npm test` lists these. Use it for what
 * a machine may lack; a test that is skipped without a reason fails the run (reporter.ts).
 */
export function testOrSkip(
  name: string,
  reason: string | undefined,
  body: () => Promise<void> | void,
  timeout?: number,
): void {
  if (reason === undefined) it(name, body, timeout);
  else it.skip(skippedName(name, reason), body);
}

/** The same for a group of tests. */
export function describeOrSkip(name: string, reason: string | undefined, body: () => void): void {
  if (reason === undefined) describe(name, body);
  else describe.skip(skippedName(name, reason), body);
}
