import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { isCode } from "../../store/disk.js";

/**
 * The last lines of a step's log, to be shown below the error when it fails, but for the error itself where it
 * stands there too. However long the log, only its end is read.
 */
export function logTail(file: string, error = "", lines = 20): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    if (isCode(error, "ENOENT")) return "";
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, MOST));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const text = bytes.toString("utf8", 0, read).trimEnd();
    // A first line that is cut off may begin within a character.
    const whole = size > MOST ? text.slice(text.indexOf("\n") + 1) : text;
    const others = error === "" ? whole : `\n${whole}\n`.replace(`\n${error}\n`, "\n").trim();
    return others.split("\n").slice(-lines).map(shortened).join("\n");
  } finally {
    closeSync(fd);
  }
}

/** Of a line that is no line to read, such as one of binary data, the beginning and the end. */
function shortened(line: string): string {
  if (line.length <= LONGEST) return line;
  const half = LONGEST / 2;
  return `${line.slice(0, half)} ... (${line.length - LONGEST} characters left out) ... ${line.slice(-half)}`;
}

const LONGEST = 1000;

/** Bytes; twenty lines of a reasonable length, many times over. */
const MOST = 64 * 1024;
