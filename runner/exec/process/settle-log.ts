import { createReadStream, createWriteStream, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { lastState, linesIn, shortened } from "./tail.js";

/**
 * Leaves of each line that its program has written over again and again, with carriage returns, the last state alone. Most
 * logs have none, and are only read.
 */
export async function settleLog(file: string): Promise<void> {
  if (!(await isRewritten(file))) return;
  const settled = `${file}.settled`;
  try {
    const out = createWriteStream(settled);
    let rest = "";
    for await (const chunk of createReadStream(file, { encoding: "latin1" }) as AsyncIterable<string>) {
      const lines = linesIn(`${rest}${chunk}`);
      rest = shortened(lines.pop() ?? "");
      const text = lines.map(line => `${lastState(line)}\n`).join("");
      if (text !== "" && !out.write(text, "latin1")) await once(out, "drain");
    }
    out.end(lastState(rest), "latin1");
    await once(out, "close");
    renameSync(settled, file);
  } finally {
    rmSync(settled, { force: true });
  }
}

/** Whether a carriage return stands anywhere but before a line's end. */
async function isRewritten(file: string): Promise<boolean> {
  // A step that could not be started may have none.
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return false;
  let pending = false;
  const chunks = size <= SMALL ? [readFileSync(file)] : createReadStream(file, { highWaterMark: SMALL });
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    if (pending && chunk[0] !== LF) return true;
    for (let at = chunk.indexOf(CR); at !== -1; at = chunk.indexOf(CR, at + 1))
      if (at + 1 < chunk.length && chunk[at + 1] !== LF) return true;
    pending = chunk.at(-1) === CR;
  }
  return pending;
}

/** Bytes that are read at once. */
const SMALL = 1 << 18;
const LF = 10;
const CR = 13;
