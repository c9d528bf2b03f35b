import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { MOST_MEMBERS, mostUnpacked, tooMuch } from "../formats/gzip.js";

/**
 * Unpacks the plain files below `path` of a tar archive (plain or gzipped) into `folder`. Links, devices and names
 * that would leave the folder are left out, so nothing in an archive can point or write outside it.
 * `strip`: leading parts that every name loses (npm's `package/`). Throws when all the files of the archive, wanted or
 * not, pass `maxBytes` or what an archive of its size may hold, and when a name comes twice.
 */
export async function unpackTar(
  file: string,
  folder: string,
  path: string,
  strip: number,
  maxBytes: number,
): Promise<void> {
  const tar = await import("tar");
  const packed = (await stat(file)).size;
  const most = mostUnpacked(packed, Infinity);
  const names = new Set<string>();
  let [all, wanted, members] = [0, 0, 0];
  await new Promise<void>((done, failed) => {
    const unpack = new tar.Unpack({
      ...{ cwd: folder, strip, strict: false, noMtime: true },
      filter(name, entry) {
        if (++members > MOST_MEMBERS) return giveUp(`it has more than ${MOST_MEMBERS} members`);
        if (!("type" in entry) || !["File", "OldFile", "ContiguousFile"].includes(entry.type)) return false;
        all += entry.size;
        if (all > most) return giveUp(tooMuch(packed, Infinity));
        const inside = posix.normalize(name).split("/").slice(strip).join("/");
        if (path !== "" && inside !== path && !inside.startsWith(`${path}/`)) return false;
        if (names.has(inside)) return giveUp(`it holds '${inside}' twice`);
        names.add(inside);
        wanted += entry.size;
        return wanted <= maxBytes || giveUp(`its files are more than the limit of ${maxBytes} bytes`);
      },
    });
    const reading = createReadStream(file);
    const giveUp = (why: string): boolean => {
      reading.destroy();
      failed(new Error(`the archive was given up: ${why}`));
      unpack.abort(new Error(why));
      return false;
    };
    unpack.on("error", failed);
    unpack.on("close", done);
    reading.on("error", failed);
    reading.pipe(unpack);
  });
}
