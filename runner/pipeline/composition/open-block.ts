import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize, relative, resolve } from "node:path";
import { projectOf } from "../../core/project-folder.js";
import { loadDocument, type DocumentCache, type PipelineDocument } from "../document/document.js";
import { decodeText, MAX_BYTES } from "../document/file-text.js";
import type { Place } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { isInside, linkOutOf, readUserFile } from "../document/user-text.js";
import { code } from "../mistakes/wording.js";
import { validateStructure } from "../schema/structure.js";
import type { OpenBlock } from "./blocks.js";
import { expandTemplates } from "./templates.js";

/** Reads the files of pipelines that are used as steps: each once, however often it is used. */
export class BlockFiles {
  /** As they were read, by name. */
  readonly documents = new Map<string, PipelineDocument>();
  readonly #read = new Map<string, PipelineDocument>();
  /** By the project of the user and what is written there. */
  readonly #found = new Map<string, string>();
  readonly #projects = new Map<PipelineDocument, string>();

  constructor(
    private readonly root: {
      readonly document: PipelineDocument;
      readonly project: string;
      readonly cwd: string;
    },
    private readonly problems: Problems,
    private readonly cache: DocumentCache | undefined,
    /** Gets those outside the outermost project, by name, with their place: nothing of what they hold is shown. */
    private readonly away: Map<string, string>,
  ) {}

  readonly open: OpenBlock = async (written, user, place) => {
    const project = this.#projects.get(user) ?? this.root.project;
    const name = `${project}\0${written}`;
    const file = this.#found.get(name) ?? this.#find(written, project, user, place);
    if (file === undefined) return undefined;
    this.#found.set(name, file);
    let read = this.#read.get(file);
    if (read === undefined) this.#read.set(file, (read = await this.#load(file)));
    const document = { ...read };
    this.#projects.set(document, projectOf(file));
    return { document, file };
  };

  #find(written: string, project: string, user: PipelineDocument, place: Place): string | undefined {
    const absolute = written.startsWith("/") ? normalize(written) : join(project, written);
    const fault = faultOf(written, absolute, project);
    if (fault === undefined) return absolute;
    const beside = resolve(this.root.cwd, dirname(user.file), written);
    const near = relative(project, beside);
    const hint =
      fault.code === "missing-file" && !near.startsWith("..") && existsSync(beside)
        ? `./ is the project folder, ${code(project)}; write ${code(`./${near}`)}`
        : `./ is the project folder, ${code(project)}; an absolute path may lie anywhere`;
    this.problems.addIn(user, fault.code, `${code(written)} ${fault.what}`, place, { hint });
    return undefined;
  }

  async #load(file: string): Promise<PipelineDocument> {
    const { cwd, project } = this.root;
    const name = relative(cwd, file);
    if (!isInside(file, project)) this.away.set(name, file);
    const raw = await loadDocument(decodeText(readUserFile(name, cwd, MAX_BYTES), name), name, this.cache);
    this.documents.set(name, raw);
    const document = expandTemplates(raw, this.problems.of(raw));
    validateStructure(document, this.problems.of(document));
    return document;
  }
}

function faultOf(
  written: string,
  absolute: string,
  project: string,
): { readonly code: "outside-project" | "missing-file"; readonly what: string } | undefined {
  if (!written.startsWith("/") && !isInside(absolute, project))
    return { code: "outside-project", what: "leads out of the project folder" };
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) return { code: "missing-file", what: "does not exist" };
  if (!stat.isFile()) return { code: "missing-file", what: "is no file" };
  const away = !written.startsWith("/") && linkOutOf(project, absolute) !== undefined;
  return away ? { code: "outside-project", what: "is a link out of the project folder" } : undefined;
}
