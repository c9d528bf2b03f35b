import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, posix, relative, sep } from "node:path";
import type { Place } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { code } from "../mistakes/wording.js";
import { writtenPath, type FileSource, type Ignored } from "./file-source.js";
import { ignoredBelow } from "./ignored.js";
import { filesBelow, splitPattern } from "./pattern.js";

/** Folders that a user may have had in mind when writing a path. */
export interface Folders {
  /** What `./` means. */
  readonly project: string;
  /** Where the pipeline file lies. */
  readonly pipeline: string;
  readonly cwd: string;
}

/** The user's files as those who read a pipeline need them. */
export type ProjectFiles = Pick<UserFiles, "ignored" | "find" | "matching">;

/**
 * The user's files that a pipeline names. Each is looked at once, by one `stat`, however many steps take it. A `./`
 * path stays inside the project folder, links included, and is written in its shortest form.
 */
export class UserFiles {
  /** What does not count in folders. */
  readonly ignored: Ignored;
  readonly #known = new Map<string, FileSource | undefined>();
  readonly #folders: Folders;
  readonly #problems: Problems;
  #hints = 20;
  readonly #realFolders = new Map<string, string>();

  /** `block`: the pipeline is used as a step of another, in whose graph its files say where they are of. */
  constructor(
    folders: Folders,
    ignored: Ignored,
    problems: Problems,
    private readonly block = false,
  ) {
    this.#folders = folders;
    this.ignored = ignored;
    this.#problems = problems;
  }

  /** Undefined after a mistake, which has been reported. */
  find(written: string, place: Place): FileSource | undefined {
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    const looked = this.#look(written, place);
    const block = { project: this.#folders.project, ignored: this.ignored };
    const found = looked !== undefined && this.block ? { ...looked, block } : looked;
    this.#known.set(written, found);
    return found;
  }

  /** The files that a pattern matches, as they would be written, sorted; at most `most` and one. */
  matching(written: string, place: Place, most: number): readonly string[] | undefined {
    const source = this.find(written, place);
    if (source === undefined) return undefined;
    if (source.pattern === undefined) return [source.path];
    const below = filesBelow(source.absolute, ignoredBelow(this.ignored, source), most);
    return below.map(name => writtenPath({ ...source, pattern: name }));
  }

  #look(written: string, place: Place): FileSource | undefined {
    const path = posix.normalize(written).replace(/\/+$/, "");
    const absolute = written.startsWith("/") ? path : join(this.#folders.project, path);
    const split = splitPattern(path);
    // A file may be called so.
    if (split !== undefined && faultOf(absolute) !== undefined) return this.#pattern(written, split, place);
    if (!written.startsWith("/") && (path === ".." || path.startsWith("../"))) {
      const hint = `./ is the project folder, ${code(this.#folders.project)}; an absolute path may lie anywhere`;
      this.#problems.add("outside-project", `${code(written)} leads out of the project folder`, place, {
        hint,
      });
      return undefined;
    }
    if (path === "" || path === ".") {
      const message = `${code(written)} is everything: name the files or folders that the step reads`;
      this.#problems.add("outside-project", message, place);
      return undefined;
    }
    const fault = faultOf(absolute);
    const away = fault === undefined && !written.startsWith("/") ? this.#awayFrom(absolute) : undefined;
    if (away !== undefined) {
      const hint = `if that is meant, name it so: ${code(away)}`;
      const message = `${code(written)} is a link out of the project folder, to ${code(away)}`;
      this.#problems.add("outside-project", message, place, { hint });
      return undefined;
    }
    if (fault === undefined)
      return { type: "file", path: written.startsWith("/") ? path : `./${path}`, absolute };
    const hint =
      fault === "does not exist" ? this.#elsewhere(path, absolute, written.startsWith("/")) : undefined;
    this.#problems.add("missing-file", `${code(written)} ${fault}`, place, { hint });
    return undefined;
  }

  #pattern(
    written: string,
    { folder, pattern }: { readonly folder: string; readonly pattern: string },
    place: Place,
  ): FileSource | undefined {
    const rooted = written.startsWith("/");
    const named = rooted ? folder || "/" : `./${folder}`;
    const whole: FileSource | undefined =
      named === "./"
        ? { type: "file", path: named, absolute: this.#folders.project }
        : this.#look(named, place);
    if (whole === undefined) return undefined;
    if (!statSync(whole.absolute).isDirectory()) {
      this.#problems.add(
        "missing-file",
        `${code(named)} is no folder that ${code(written)} could match files in`,
        place,
      );
      return undefined;
    }
    const source: FileSource = { ...whole, pattern };
    if (filesBelow(whole.absolute, ignoredBelow(this.ignored, source), 0).length > 0) return source;
    const hint = `${code("*")} stays within one folder, ${code("**")} goes through all below; names that begin with a dot, and what ${code(".vistasignore")} says, do not count`;
    this.#problems.add("missing-file", `no file matches ${code(written)}`, place, { hint });
    return undefined;
  }

  /** Where a path of the project really leads, if that is not inside it. Few of many files are links themselves. */
  #awayFrom(absolute: string): string | undefined {
    const real = lstatSync(absolute).isSymbolicLink()
      ? realpathSync.native(absolute)
      : join(this.#realFolder(dirname(absolute)), basename(absolute));
    return isInside(real, this.#realFolder(this.#folders.project)) ? undefined : real;
  }

  #realFolder(folder: string): string {
    const known = this.#realFolders.get(folder) ?? realpathSync.native(folder);
    this.#realFolders.set(folder, known);
    return known;
  }

  /** A file of this name relative to another folder, or of nearly this name in the same one. */
  #elsewhere(path: string, absolute: string, rooted: boolean): string | undefined {
    if (this.#hints-- <= 0) return undefined;
    const { project, pipeline, cwd } = this.#folders;
    for (const [folder, what] of rooted
      ? []
      : ([
          [pipeline, "the pipeline's folder"],
          [cwd, "the current folder"],
        ] as const)) {
      if (faultOf(join(folder, path)) !== undefined) continue;
      const right = relative(project, join(folder, path));
      const advice = right.startsWith("..") ? "" : `: write ${code(`./${right}`)}`;
      return `./ is the project folder, ${code(project)}; the file lies in ${what}${advice}`;
    }
    const names = namesIn(dirname(absolute));
    const twin = names.find(name => name.normalize() === basename(absolute).normalize());
    if (twin !== undefined)
      return `there is one that looks the same in another Unicode form (${formOf(twin)}, and here ${formOf(basename(absolute))}): rename it, or copy its name from \`ls\``;
    const near = this.#problems.suggest(basename(absolute), names);
    return near ?? (rooted ? undefined : `./ is the project folder, ${code(project)}`);
  }
}

/** Of real paths. */
function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Why a path cannot be taken, in words that follow it. */
function faultOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return "does not exist";
    return stat.isFile() || stat.isDirectory() ? undefined : "is neither a file nor a folder";
  } catch (error) {
    const { code: reason } = error as NodeJS.ErrnoException;
    return `cannot be looked at (${reason ?? String(error)})`;
  }
}

/** Letters with marks as one character each (NFC), or each mark by itself (NFD). */
function formOf(name: string): string {
  return name === name.normalize("NFC") ? "NFC" : name === name.normalize("NFD") ? "NFD" : "mixed";
}

/** For suggestions only: of a folder that cannot be read there is nothing to suggest. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
