import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import type { Ignored } from "../graph/ignored.js";
import { UnreadableInput } from "../store/digest.js";

/**
 * Copies a file or folder (by reflink where the disk can); symbolic links are followed, and files get no more than
 * leave to be read and, where they had it, to be executed. A file that is there already stays: two roles may name the
 * same file, or one inside a folder that was copied before. `inside`: a folder that no link may lead out of; what is `ignored` in a folder is left out.
 * Throws `UnreadableInput` for a link that does, and for a folder without an end.
 */
export function copyReadOnly(
  from: string,
  to: string,
  { inside, ignored = () => false }: { readonly inside?: string; readonly ignored?: Ignored } = {},
): void {
  mkdirSync(dirname(to), { recursive: true });
  copy(
    from,
    join(realpathSync(dirname(to)), to.slice(dirname(to).length)),
    [],
    inside && realpathSync.native(inside),
    ignored,
  );
}

function copy(
  named: string,
  to: string,
  within: readonly string[],
  inside: string | undefined,
  ignored: Ignored,
): void {
  // What is looked at is what is copied, even where a link is exchanged meanwhile.
  const from = inside === undefined ? named : realpathSync.native(named);
  if (inside !== undefined && from !== inside && !from.startsWith(inside + sep))
    throw new UnreadableInput(
      `${named} is a link out of the project folder, to ${from}; if that is meant, make it an input by its absolute path`,
    );
  const stat = statSync(from);
  if (!stat.isDirectory()) {
    if (existsSync(to)) return;
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, (stat.mode & 0o100) === 0 ? 0o444 : 0o555);
    return;
  }
  const real = realpathSync(from);
  if (within.includes(real) || `${to}${sep}`.startsWith(`${real}${sep}`))
    throw new UnreadableInput(`${from} leads into a folder that it lies in: there is no end to it`);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const entry = join(from, name);
    if (ignored(name, statSync(entry, { throwIfNoEntry: false })?.isDirectory() === true)) continue;
    const below: Ignored = (path, folder) => ignored(`${name}/${path}`, folder);
    copy(entry, join(to, name), [...within, real], inside, below);
  }
}
