import { posix } from "node:path";

/**
 * Unpacks the plain files below `path` of a tar archive (plain or gzipped) into `folder`. Links, devices and names
 * that would leave the folder are left out, so nothing in an archive can point or write outside it.
 * `strip`: leading parts that every name loses (npm's `package/`). Throws when the files pass `maxBytes`.
 */
export async function unpackTar(
  file: string,
  folder: string,
  path: string,
  strip: number,
  maxBytes: number,
): Promise<void> {
  const tar = await import("tar");
  let bytes = 0;
  await tar.x({
    file,
    cwd: folder,
    strip,
    strict: false,
    noMtime: true,
    filter: (name, entry) => {
      if (!("type" in entry) || !["File", "OldFile", "ContiguousFile"].includes(entry.type)) return false;
      const inside = posix.normalize(name).split("/").slice(strip).join("/");
      if (path !== "" && inside !== path && !inside.startsWith(`${path}/`)) return false;
      bytes += entry.size;
      return bytes <= maxBytes;
    },
  });
  if (bytes > maxBytes) throw new Error(`the archive's files are more than the limit of ${maxBytes} bytes`);
}
