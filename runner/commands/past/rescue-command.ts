import { constants, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, type Stats } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { labelFileName } from "../../exec/attempt/label-file-name.js";
import { keptFolder, keptName } from "../../exec/attempt/kept-work.js";
import { endStaleRun } from "../../exec/attempt/stale-runs.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { matches } from "../../pipeline/graph/select.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { refusePlace } from "../../store/checkout/target-place.js";
import { DONE } from "../call/exit.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import { reading } from "../call/reading.js";
import { pipelineOf, print, type Session } from "../call/session.js";

/**
 * `vistas rescue STEP DIR`: copies what the newest failed attempt at a step left behind: its outputs, whole or not, and what
 * it wrote into its working folder, each under its own relative path; of several instances each into a folder named after
 * its labels. Records nothing, and overwrites nothing.
 */
export async function rescueCommand(session: Session, args: string[], options: LoadOptions): Promise<number> {
  const { pipeline, steps: words } = pipelineOf(session, args);
  const [word, folder, more] = words;
  if (word === undefined || folder === undefined || more !== undefined)
    throw UsageError.ofCall(
      "bad-call",
      "`rescue` needs a step and a folder",
      "For example: vistas rescue train rescued/",
    );
  const { graph, host } = await openTarget({ ...session, quiet: true }, [pipeline], options);
  const nodes = matches(graph, word);
  const base = resolve(session.cwd, folder);
  refusePlace(host.store, base, join(base, word));
  // What a run that was killed left is not where it stays yet.
  for (const dead of host.store.live.left()) await endStaleRun(host.store, dead);
  return reading(session, host.store, () => {
    const kept = nodes.flatMap(node => {
      const left = keptFolder(host.store, keptName(host.store, graph, node));
      return left === undefined ? [] : [{ node, left }];
    });
    if (kept.length === 0)
      throw UsageError.ofCall(
        "nothing-kept",
        `no failed attempt of ${word} has left anything`,
        `What a failed attempt leaves stays until the next one, a success or a gc. Run it again: vistas run ${shellWord(pipeline)} ${shellWord(word)}`,
      );
    const finds = kept.flatMap(({ node, left }) => {
      const to = nodes.length === 1 ? base : join(base, labelFileName(node.labels));
      return findsIn(left, to, node);
    });
    const lost = finds.filter(({ to }) => existsSync(to)).map(({ to }) => to);
    if (lost.length > 0)
      throw UsageError.ofCall(
        "would-overwrite",
        `${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ` and ${lost.length - 3} more` : ""} ${lost.length === 1 ? "is" : "are"} there already`,
        "Give another folder.",
      );
    const copied = finds.filter(find => copy(session, find));
    if (copied.length === 0) session.stderr.write("note: the attempt wrote nothing\n");
    for (const { to } of copied) print(session, to);
    return Promise.resolve(DONE);
  });
}

/** A file, a link or an empty folder that an attempt left. */
interface Find {
  readonly from: string;
  readonly to: string;
  readonly stat: Stats;
}

/** An output has its own path; a file of the working folder too, unless an output has the same. */
function findsIn(left: string, to: string, node: GraphNode): Find[] {
  const outputs = entriesBelow(join(left, "outputs"), "");
  const staged = node.inputs.flatMap(({ source }) => (source.type === "file" ? [source.path] : []));
  const isInput = ({ path, stat }: Entry): boolean =>
    (stat.mode & 0o222) === 0 && staged.some(input => isWithin(path, input));
  const taken = new Set(outputs.map(({ path }) => path));
  const given = node.work.type === "command" ? Object.keys(node.work.files ?? {}) : [];
  const own = entriesBelow(join(left, "work"), "").filter(
    entry => !isInput(entry) && !given.includes(entry.path) && !entry.path.includes("__pycache__"),
  );
  return [
    ...outputs.map(({ path, stat }) => ({ from: join(left, "outputs", path), to: join(to, path), stat })),
    ...own.map(({ path, stat }) => ({
      from: join(left, "work", path),
      to: join(to, ...(taken.has(path) ? ["work", path] : [path])),
      stat,
    })),
  ];
}

/** Whether a path is an input as the pipeline writes it (`./data`), or lies below it. */
function isWithin(path: string, input: string): boolean {
  const up = relative(input, path);
  return up === "" || !up.startsWith("..");
}

interface Entry {
  readonly path: string;
  readonly stat: Stats;
}

function entriesBelow(folder: string, path: string): Entry[] {
  if (!existsSync(join(folder, path))) return [];
  return readdirSync(join(folder, path)).flatMap(name => {
    const inner = join(path, name);
    const stat = lstatSync(join(folder, inner), { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return stat.isDirectory() ? entriesBelow(folder, inner) : [{ path: inner, stat }];
  });
}

/** False for what is no file, such as a socket: there is nothing in it. */
function copy({ stderr }: Session, { from, to, stat }: Find): boolean {
  if (!stat.isFile() && !stat.isSymbolicLink()) {
    stderr.write(`note: ${from} is neither a file nor a link, and is left out\n`);
    return false;
  }
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { verbatimSymlinks: true, preserveTimestamps: true, mode: constants.COPYFILE_FICLONE });
  return true;
}
