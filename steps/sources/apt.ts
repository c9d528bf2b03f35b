import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { unpackTar } from "./archive.js";
import { openFolder } from "./folder.js";
import { mostUnpacked } from "../formats/gzip.js";
import { checkName } from "./names.js";
import { runTool } from "./tool.js";
import type { FetchOptions, Place } from "./source.js";

/**
 * `apt:PACKAGE[=VERSION]/path`: a file or folder of a Debian package, got by `apt-get download`, which needs no root
 * and installs nothing. `path` is the absolute path that the file would have, with or without the leading `/`.
 */
export async function openApt(
  source: string,
  only: boolean,
  temp: string,
  options: FetchOptions,
): Promise<Place> {
  const match = /^apt:([a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+~:-]+)?)\/+(.*?)\/*$/.exec(source);
  if (match === null) throw new Error("write it apt:PACKAGE/path/in/the/package");
  const [, name = "", path = ""] = match;
  if (path !== "") checkName(path);
  const hint = "Debian and Ubuntu have it";
  await runTool("apt-get", ["download", name], temp, hint, options.signal);
  const deb = (await readdir(temp)).find(file => file.endsWith(".deb"));
  if (deb === undefined) throw new Error(`apt-get download ${name} wrote no package`);
  // The package's own files as one tar stream: dpkg-deb knows every compression that packages use.
  const archive = join(temp, "files.tar");
  await runTool("dpkg-deb", ["--fsys-tarfile", join(temp, deb)], temp, hint, options.signal, {
    file: archive,
    maxBytes: mostUnpacked((await stat(join(temp, deb))).size, Infinity),
  });
  const folder = join(temp, "files");
  await mkdir(folder);
  await unpackTar(archive, folder, path, 0, options.maxBytes);
  return openFolder(join(folder, path), only, options.maxBytes, { shown: `'${path}' in ${name}` });
}
