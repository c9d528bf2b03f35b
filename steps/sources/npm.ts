import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { unpackTar } from "./archive.js";
import { openFolder } from "./folder.js";
import { checkName } from "./names.js";
import { runTool } from "./tool.js";
import type { FetchOptions, Place } from "./source.js";

/**
 * `npm:NAME@VERSION/path`: a file or folder of an npm package, got by `npm pack` with the user's own npm settings.
 * Nothing is installed and no script runs.
 */
export async function openNpm(
  source: string,
  only: boolean,
  temp: string,
  options: FetchOptions,
): Promise<Place> {
  const match = /^npm:((?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~][\w.~-]*)@(\d[\w.+-]*)(?:\/(.*))?$/.exec(source);
  if (match === null) throw new Error("write it npm:NAME@VERSION/path, with an exact version");
  const [, name = "", version = "", path = ""] = match;
  if (path !== "") checkName(path);
  const args = ["pack", `${name}@${version}`, "--ignore-scripts", "--pack-destination", temp];
  await runTool("npm", args, options.project, "npm comes with Node.js", options.signal);
  const archive = (await readdir(temp)).find(file => file.endsWith(".tgz"));
  if (archive === undefined) throw new Error(`npm pack ${name}@${version} wrote no archive`);
  const folder = join(temp, "files");
  await mkdir(folder);
  await unpackTar(join(temp, archive), folder, path, 1, options.maxBytes);
  return openFolder(join(folder, path), only, options.maxBytes, { shown: `'${path}' in ${name}` });
}
