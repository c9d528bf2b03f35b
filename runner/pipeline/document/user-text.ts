import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { UsageError, type Diagnostic } from "../../core/diagnostic.js";
import { usageError } from "./file-text.js";
import { code } from "../mistakes/wording.js";

/**
 * The bytes of a text file that the user named: a pipeline, a params file, a lock. Throws a `UsageError` for anything that
 * is not a file, or has more than `most` bytes: a device without an end or a pipe without a writer is never waited for.
 * `file` is relative to `cwd`, and is named as it is in messages.
 */
export function readUserFile(file: string, cwd: string, most: number): Buffer {
  const fail = (what: string): never => {
    throw usageError({ code: "no-such-file", message: `${code(file)} ${what}`, file });
  };
  const path = resolve(cwd, file);
  const descriptor = open(path, fail);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) fail("is a folder");
    if (!stat.isFile() && !OWN_STREAM.test(path)) fail("is a device or a pipe, not a file");
    const tooLarge = (): never => {
      const message = `${code(file)} is larger than ${most / 2 ** 20} MiB`;
      throw usageError({ code: "too-large", message, file });
    };
    if (stat.size > most) tooLarge();
    const pieces: Buffer[] = [];
    let total = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.max(65_536, stat.size + 1));
      const count = readSync(descriptor, piece);
      if (count === 0) return Buffer.concat(pieces, total);
      pieces.push(piece.subarray(0, count));
      total += count;
      if (total > most) tooLarge();
    }
  } finally {
    closeSync(descriptor);
  }
}

/** What the call itself opened, such as `--params <(echo 'a: 1')`. */
const OWN_STREAM = /^\/(dev|proc\/self)\/(fd\/\d+|stdin)$/;

function open(path: string, fail: (what: string) => never): number {
  // Without waiting for the writer of a pipe.
  const flags = OWN_STREAM.test(path) ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK;
  try {
    return openSync(path, flags);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(FAULTS[reason] ?? `cannot be read (${reason})`);
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist: what stands before the last `/` is not a folder",
  EACCES: "cannot be read: permission denied",
  ELOOP: "is a link that leads in a circle",
  ENXIO: "is a device or a pipe, not a file",
};

/** Where a file of the project really lies, if it is a link out of the project folder. */
export function linkOutOf(project: string, file: string): string | undefined {
  if (!isInside(file, project)) return undefined;
  try {
    const real = realpathSync.native(file);
    return isInside(real, realpathSync.native(project)) ? undefined : real;
  } catch {
    // That it cannot be followed is found when it is read.
    return undefined;
  }
}

/**
 * The same error without a word of the files `away`, each named with the place it leads to: what they hold may be meant
 * for other eyes than those that see the messages, such as the readers of a public log.
 */
export function withoutTextsOf(away: ReadonlyMap<string, string>, error: unknown): unknown {
  if (!(error instanceof UsageError) || !error.diagnostics.some(({ file }) => away.has(file))) return error;
  const hidden = new Set<string>();
  const diagnostics = error.diagnostics.flatMap((d): Diagnostic[] => {
    const real = away.get(d.file);
    if (real === undefined) return [{ ...d, ...(d.related && { related: without(d.related, away) }) }];
    if (hidden.has(d.file)) return [];
    hidden.add(d.file);
    return [
      {
        ...{ code: d.code, severity: d.severity, file: d.file },
        message: `something is wrong in ${code(d.file)}, and not shown: it lies outside the project folder`,
        hint: `look at the file itself, ${code(real)}`,
      },
    ];
  });
  return new UsageError(diagnostics, new Map([...error.texts].filter(([file]) => !away.has(file))));
}

function without<T extends { readonly file: string }>(
  items: readonly T[],
  away: ReadonlyMap<string, string>,
): T[] {
  return items.filter(({ file }) => !away.has(file));
}

/** The folder itself counts too. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}
