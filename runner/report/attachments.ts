import { type FileHandle, open, readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { byCodeUnit } from "../core/json.js";
import type { Labels } from "../core/labels.js";
import type { StepResult } from "../core/record.js";
import { isCode } from "../store/disk.js";
import { bytes as bytesText, counted } from "../ui/quantities.js";

/** Files of a run's outputs that a report shows: PNG and SVG images, HTML pages, and small tables and texts. */
export interface Attachments {
  readonly figures: readonly Figure[];
  readonly texts: readonly TextFile[];
  readonly pages: readonly Page[];
  /** What would have been shown but for its size or number, in words. */
  readonly leftOut: readonly string[];
}

interface Place {
  /** Step instance. */
  readonly id: string;
  readonly step: string;
  readonly labels: Labels;
  readonly output: string;
  /** Path inside the output; `""` for an output that is a file. */
  readonly file: string;
}

export interface Figure extends Place {
  readonly type: "image/png" | "image/svg+xml";
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** The file in base64. An SVG may hold anything: to be shown by `<img>` alone, in which nothing of it runs or loads. */
  readonly data: string;
}

export interface TextFile extends Place {
  readonly format: "markdown" | "csv" | "json" | "text";
  readonly text: string;
}

/** An output that is an HTML file, such as a notebook's rendering. */
export interface Page extends Place {
  /** Its text, which may hold anything; undefined where it is too large to be shown. */
  readonly html: string | undefined;
  readonly bytes: number;
}

export const LIMITS = {
  /** Bytes of one page and of all of them. */
  page: 4_000_000,
  pages: 16_000_000,
  /** Bytes of one image and of all of them. */
  image: 2_000_000,
  images: 8_000_000,
  /** Bytes of one text and of all of them. */
  text: 65_536,
  texts: 1_000_000,
  /** Entries looked at in one folder output. */
  entries: 500,
} as const;

/**
 * Reads what is fit to show: images by their content, texts by the name they were written under, or by their
 * content where that does not say it. Links are not followed. An output that has gone
 * since is listed in `leftOut`.
 */
export async function readAttachments(results: Iterable<StepResult>): Promise<Attachments> {
  const figures: Figure[] = [];
  const texts: TextFile[] = [];
  const pages: Page[] = [];
  const leftOut: string[] = [];
  const over = { images: 0, imageBytes: 0, texts: 0 };
  const room = { images: LIMITS.images, texts: LIMITS.texts, pages: LIMITS.pages };

  const readPage = async (place: Place, path: string, bytes: number): Promise<void> => {
    const fits = bytes <= Math.min(LIMITS.page, room.pages);
    try {
      const html = fits ? (await readFile(path)).toString("utf8") : undefined;
      if (fits) room.pages -= bytes;
      pages.push({ ...place, html, bytes });
    } catch (error) {
      if (!isCode(error, "ENOENT", "ENOTDIR")) throw error;
      leftOut.push(`${placeText(place)} is not there any more`);
    }
  };

  const look = async (place: Place, path: string, name: string): Promise<void> => {
    const found = await sniff(path, room);
    if (found === "gone") leftOut.push(`${placeText(place)} is not there any more`);
    else if (found.type === "image") {
      if (found.data === null) {
        over.images++;
        over.imageBytes += found.size;
      } else {
        room.images -= found.size;
        const { mime, width, height, data } = found;
        figures.push({ ...place, type: mime, width, height, data });
      }
    } else if (found.type === "text") {
      if (found.size > room.texts) over.texts++;
      else {
        room.texts -= found.size;
        texts.push({ ...place, format: formatOf(name, found.text), text: found.text });
      }
    }
  };

  for (const { step, record, paths } of results) {
    for (const [output, path] of Object.entries(paths)) {
      const place = { id: step.id, step: step.step, labels: step.labels, output };
      const ref = record?.outputs[output];
      if (ref?.type !== "tree") {
        const name = record?.outputNames[output] ?? output;
        if (/\.html?$/i.test(name)) await readPage({ ...place, file: "" }, path, ref?.bytes ?? 0);
        else await look({ ...place, file: "" }, path, name);
        continue;
      }
      const files = (await filesUnder(path)).filter(file => SHOWN.has(extname(file).toLowerCase()));
      for (const file of files.slice(0, LIMITS.entries))
        await look({ ...place, file }, join(path, file), file);
      if (files.length > LIMITS.entries)
        leftOut.push(`${counted(files.length - LIMITS.entries, "file")} of ${step.id}.${output}`);
    }
  }
  if (over.images > 0)
    leftOut.push(`${counted(over.images, "image")} (${bytesText(over.imageBytes)}) beyond the size limit`);
  if (over.texts > 0) leftOut.push(`${counted(over.texts, "text file")} beyond the size limit`);
  return { figures, texts, pages, leftOut };
}

/** `views.grid`, `views[seed=0].samples/grid.png`. */
export function placeText(place: Place): string {
  return textIn(place.id, place);
}

/** The same of all instances: `views.samples/grid.png`. */
export function groupText(place: Place): string {
  return textIn(place.step, place);
}

function textIn(step: string, { output, file }: Place): string {
  return file === "" ? `${step}.${output}` : `${step}.${output}/${file}`;
}

const SHOWN: ReadonlySet<string> = new Set([".png", ".svg", ".md", ".csv", ".json", ".txt"]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** A drawing that says how large it is, in pixels, in this order. */
const SVG = /^\s*<svg [^>]*\bwidth="(\d{1,5})"[^>]*\bheight="(\d{1,5})"/;

type Found =
  | {
      readonly type: "image";
      readonly mime: Figure["type"];
      readonly size: number;
      readonly width: number;
      readonly height: number;
      readonly data: string | null;
    }
  | { readonly type: "text"; readonly size: number; readonly text: string }
  | { readonly type: "other" };

async function sniff(path: string, room: { readonly images: number }): Promise<Found | "gone"> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return "gone";
    throw error;
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return { type: "other" };
    const { size } = stat;
    const head = Buffer.alloc(24);
    const { bytesRead } = await file.read(head, 0, 24, 0);
    if (bytesRead === 24 && head.subarray(0, 8).equals(PNG)) {
      const fits = size <= LIMITS.image && size <= room.images;
      const data = fits ? (await file.readFile()).toString("base64") : null;
      const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
      return { type: "image", mime: "image/png", size, width, height, data };
    }
    if (size === 0 || size > LIMITS.text || head.subarray(0, bytesRead).includes(0)) return { type: "other" };
    const content = await file.readFile();
    const text = content.toString("utf8");
    // What is not UTF-8 is not text; neither is what holds NUL.
    const isText = !text.includes("\0") && Buffer.from(text, "utf8").equals(content);
    if (!isText) return { type: "other" };
    const [, width, height] = SVG.exec(text) ?? [];
    if (width === undefined || height === undefined) return { type: "text", size, text };
    const data = size <= room.images ? content.toString("base64") : null;
    return {
      ...{ type: "image", mime: "image/svg+xml", size, data },
      ...{ width: Number(width), height: Number(height) },
    };
  } finally {
    await file.close();
  }
}

function formatOf(name: string, text: string): TextFile["format"] {
  const extension = extname(name).toLowerCase();
  if (extension === ".md") return "markdown";
  if (extension === ".csv") return "csv";
  if (extension === ".txt") return "text";
  if (/^\s*[[{]/.test(text)) {
    try {
      JSON.parse(text);
      return "json";
    } catch {
      return "text";
    }
  }
  if (/^\|?(?:[^|\n]*\|)+[^\n]*\n\|?[\s:|-]+$/m.test(text)) return "markdown";
  const [header = "", second = ""] = text.split("\n", 2);
  const columns = header.split(",").length;
  return columns > 1 && second.split(",").length === columns ? "csv" : "text";
}

/** Relative paths of the regular files below a folder, `/` between, in code-unit order. */
async function filesUnder(folder: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, prefix), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => byCodeUnit(a.name, b.name))) {
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && depth < 4) await walk(path, depth + 1);
    }
  };
  await walk("", 0);
  return files;
}
