import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { openApt } from "./apt.js";
import { openFolder } from "./folder.js";
import { openNpm } from "./npm.js";
import type { FetchOptions, Place } from "./source.js";
import { hfUrl, openWeb, s3Url } from "./web.js";

/**
 * Opens a source by what it begins with: `https:`, `npm:NAME@VERSION/path`, `apt:PACKAGE/path`, `hf://`, `s3://`;
 * anything else is a file or a folder, which is in the project unless it is named absolutely. `only`: one payload alone is wanted, so a file stands for it whatever it is
 * called. `temp` is an empty folder of the source's own, removed by the caller.
 */
export async function openSource(
  source: string,
  only: boolean,
  temp: string,
  options: FetchOptions,
): Promise<Place> {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(source)?.[1];
  switch (scheme) {
    case undefined:
      if (!isAbsolute(source) && source.split(/[\\/]/).includes("..")) throw outside(`${source} has '..'`);
      return openFolder(resolve(options.project, source), only, options.maxBytes, {
        shown: source,
        check: path => (isAbsolute(source) ? undefined : checkInside(source, path, options.project)),
      });
    case "https":
    case "http":
      return openWeb(new URL(source), only, options);
    case "hf":
      return openWeb(hfUrl(source), only, options);
    case "s3":
      return openWeb(s3Url(source), only, options);
    case "npm":
      return openNpm(source, only, temp, options);
    case "apt":
      return openApt(source, only, temp, options);
    default:
      throw new Error(`'${scheme}:' is no known source (known: a path, https:, npm:, apt:, hf://, s3://)`);
  }
}

/**
 * Throws unless `path`, which the relative `source` leads to, is in the project when all links are followed. What lies
 * elsewhere is read only where the pipeline names it absolutely.
 */
async function checkInside(source: string, path: string, project: string): Promise<void> {
  const below = relative(await realpath(project), await realpath(path));
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below))
    throw outside(`${source} leads out of the project by a link`);
}

function outside(why: string): Error {
  return new Error(`${why}: './' does not leave the project; name what lies elsewhere by its absolute path`);
}
