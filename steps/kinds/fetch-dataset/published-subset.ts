import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toInt32 } from "../../formats/arrays.js";
import { sha256 } from "../../formats/digest.js";
import { compress } from "../../formats/gzip.js";
import { encodeIdx, parseIdx } from "../../formats/idx.js";
import { fetchPayloads } from "../../sources/payloads.js";
import { selectImages } from "./select.js";

/**
 * Makes the published subset of Fashion-MNIST: the first images of each class, in file order, as many of each, as
 * gzipped IDX files with their checksums. `full` is a folder of the four files of the whole set, which are held
 * against the known checksums first. By hand, once: `node dist/steps/kinds/fetch-dataset/published-subset.js FULL OUT`.
 */
export async function writeSubset(full: string, out: string, counts: SubsetCounts): Promise<void> {
  const payloads = await fetchPayloads([full], fashionMnist, {
    project: process.cwd(),
    maxBytes: 2 ** 30,
    stallMs: 60_000,
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
  });
  await mkdir(out, { recursive: true });
  const packed: string[] = [];
  const unpacked: string[] = [];
  for (const part of ["train", "t10k"] as const) {
    const count = counts[part];
    const [imagesName, labelsName] = [`${part}-images-idx3-ubyte`, `${part}-labels-idx1-ubyte`];
    const images = parseIdx(bytesOf(payloads.get(imagesName)), imagesName);
    const labels = parseIdx(bytesOf(payloads.get(labelsName)), labelsName);
    const [total = 0, height = 0, width = 0] = images.shape;
    const rows = selectImages(total, count, toInt32(labels.data), undefined);
    const chosen = new Uint8Array(count * height * width);
    const pixels = images.data as Uint8Array;
    rows.forEach((row, i) =>
      chosen.set(pixels.subarray(row * height * width, (row + 1) * height * width), i * height * width),
    );
    const chosenLabels = Uint8Array.from(rows, row => Number(labels.data[row]));
    const files: [string, Uint8Array][] = [
      [imagesName, encodeIdx(chosen, [count, height, width])],
      [labelsName, encodeIdx(chosenLabels, [count])],
    ];
    for (const [name, bytes] of files) {
      const gz = await compress(bytes);
      await writeFile(join(out, `${name}.gz`), gz);
      packed.push(`${sha256(gz)}  ${name}.gz\n`);
      unpacked.push(`# ${sha256(bytes)}  ${name}\n`);
    }
  }
  const note = "# Decompressed payloads, as fetch-dataset's `sha256:` states them:\n";
  await writeFile(join(out, "SHA256SUMS"), packed.join("") + note + unpacked.join(""));
}

/** SHA-256 of the decompressed files of Fashion-MNIST (Xiao et al. 2017), 60,000 and 10,000 images. */
export const fashionMnist = {
  "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
  "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
  "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
  "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
} as const;

export interface SubsetCounts {
  readonly train: number;
  readonly t10k: number;
}

function bytesOf(payload: Uint8Array | ReadonlyMap<string, Uint8Array> | undefined): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  throw new Error("Fashion-MNIST is four files");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , full = "", out = ""] = process.argv;
  await writeSubset(full, out, { train: 10_000, t10k: 3_000 });
}
