/** A file or folder of the user's; with `pattern` the files below a folder that match it. */
export interface FileSource {
  readonly type: "file";
  /** As written, without the pattern: `./analyse.py`, `./data` or `/data/x`; `./` is the project. */
  readonly path: string;
  readonly absolute: string;
  /** Of a block's file: what `./` is there, and what does not count. */
  readonly block?: { readonly project: string; readonly ignored: Ignored };
  /** Relative to the folder: `**\/*.csv`. */
  readonly pattern?: string;
}

/** Whether a file or folder inside an input folder does not count. Names are relative, with `/`. */
export interface Ignored {
  (path: string, folder: boolean): boolean;
  /** Folders count only for the files in them: one that holds none is not there. */
  readonly filesOnly?: true;
}

/** As the user writes it. */
export function writtenPath({ path, pattern }: FileSource): string {
  if (pattern === undefined) return path;
  return path.endsWith("/") ? path + pattern : `${path}/${pattern}`;
}
