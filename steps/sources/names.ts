/**
 * Names of payloads, and paths inside archives, come from pipelines and from strangers: they must stay below
 * the folder that they are looked up in. Throws unless `name` is relative, with `/`, and without `..`.
 */
export function checkName(name: string): void {
  const parts = name.split("/");
  if (
    name === "" ||
    /[\\\0]/.test(name) ||
    /^[A-Za-z]:/.test(name) ||
    parts.some(p => ["", ".", ".."].includes(p))
  )
    throw new Error(`'${name}' is no plain relative name (no '..', no leading '/')`);
}

/** The last part of a path or URL path. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A file called `file` is the payload `name`, plain or gzipped. */
export function isPayloadFile(file: string, name: string): boolean {
  const last = lastPart(name);
  return file === last || file === `${last}.gz`;
}

/**
 * A file that a desktop, an editor or a notebook leaves in a folder of data, or one in such a folder: every name that
 * begins with a dot, and the few of Windows and macOS that do not.
 */
export function isHidden(path: string): boolean {
  return path.split("/").some(name => /^(\..*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini)$/i.test(name));
}
