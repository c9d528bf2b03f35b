import { createHash } from "node:crypto";
import type { Diagnostic } from "../../core/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import { plainMapping, respelled, spellingsOf, type WrittenObject } from "../../core/spelled.js";
import type { Locate, Place } from "./place.js";
import { checkText } from "./file-text.js";

/** A pipeline or params file: its value as plain JSON, and, when asked, where each part of it stands. */
export interface PipelineDocument {
  /** As the user named it. */
  readonly file: string;
  readonly text: string;
  readonly value: JsonObject;
  /** The same with the spelling of its scalars, for places where text is meant. */
  readonly written: WrittenObject;
  /** Mistakes that leave a value to go on with, such as a duplicate key. */
  readonly mistakes: readonly Diagnostic[];
  /** This very text was found to be structurally valid before. */
  readonly proven: boolean;
  /** Places -> ranges. Reads the YAML again if the value came from the cache, so it is for diagnostics only. */
  locator(): Promise<Locate>;
  /** Of a document that was put together from others: where a place of it was written. */
  readonly trace?: (place: Place) => DocumentPlace;
  /** Keeps the value for next time; to be called once the text proved structurally valid. */
  remember(): void;
}

/** A place in one of several documents. */
export interface DocumentPlace {
  readonly document: PipelineDocument;
  readonly place: Place;
  /** What brought it there, such as the step that extends a template. */
  readonly by?: Beside;
}

/** Something else to look at, still by its place. */
export interface Beside {
  readonly message: string;
  readonly document: PipelineDocument;
  readonly place: Place;
}

/** Where parsed documents are kept: reading 10,000 steps of YAML takes a second, reading their JSON milliseconds. */
export interface DocumentCache {
  get(hash: string): Json | undefined;
  put(hash: string, value: Json): void;
}

/** Part of the cache's key: to be raised with any change of what a text means or of what counts as valid. */
const FORMAT = "vistas-document-3";

/**
 * YAML 1.2 (core schema) -> plain JSON. Throws a `UsageError` when no value can be made of the text. Only texts
 * that proved valid are ever cached, so a hit needs neither YAML nor the schema.
 * Does not: know what a pipeline is.
 *
 * Decided: aliases are followed, and refused when they unfold to too much; merge keys (`<<`, which YAML 1.2 does
 * not have) and tags are refused, with a hint.
 */
export async function loadDocument(
  given: string,
  file: string,
  cache?: DocumentCache,
): Promise<PipelineDocument> {
  const text = checkText(given, file);
  const hash =
    cache === undefined ? "" : createHash("sha256").update(FORMAT).update("\0").update(text).digest("hex");
  const kept = unpack(cache?.get(hash));
  const read = async () => (await import("./yaml.js")).readYaml(text, file);
  if (kept !== undefined) {
    const locator = async () => (await read()).locate;
    return { file, text, ...kept, mistakes: [], proven: true, locator, remember: () => undefined };
  }
  const { written, mistakes, locate } = await read();
  const value = plainMapping(written);
  const remember = () => cache?.put(hash, { value, spellings: spellingsOf(written) });
  const locator = () => Promise.resolve(locate);
  return { file, text, value, written, mistakes, proven: false, locator, remember };
}

/** What `remember` kept; undefined for anything else. */
function unpack(kept: Json | undefined): Pick<PipelineDocument, "value" | "written"> | undefined {
  if (!isObject(kept)) return undefined;
  const { value, spellings } = kept;
  if (!isObject(value) || !isList(spellings)) return undefined;
  const written = respelled(value, spellings as unknown as ReturnType<typeof spellingsOf>);
  return written && { value, written };
}
