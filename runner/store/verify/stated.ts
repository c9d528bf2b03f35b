import { join } from "node:path";
import { sha256 } from "../../cache/hash.js";
import { isObject, type Json } from "../../core/json.js";
import { metricsFormat, readMetrics } from "../../core/metrics/metrics-file.js";
import { yamlTree } from "../../core/metrics/yaml-tree.js";
import { jsonText, quantityOf, sameQuantity } from "../../core/numbers/quantity.js";
import type { ArtifactRef, Curve, StepRecord } from "../../core/record.js";
import { isCode, type Disk } from "../disk.js";
import { paths } from "../paths.js";
import { parseManifest } from "../objects/manifest.js";

/** Where an artifact of a kind states a metric: an output, a JSON file in it, and the dotted path of the number there. */
export type StatedAt = readonly [output: string, file: string, path: string];

/** By kind and metric. A metric that is not listed is stated by no artifact. */
export type StatedMetrics = Readonly<Record<string, Readonly<Record<string, StatedAt>>>>;

/**
 * What a result's metrics say that its artifacts do not, in words that follow "its record"; nothing where they agree, and
 * where the artifacts are not there or damaged, which is found where they are read themselves. The metrics of a `run:`
 * step are read from its output `metrics` as they were when the step ended.
 */
export function disagreement(
  disk: Disk,
  root: string,
  record: StepRecord,
  stated: StatedMetrics,
): string | undefined {
  return record.fingerprint.kind === "run"
    ? ofCommand(disk, root, record)
    : ofKind(disk, root, record, stated[record.fingerprint.kind] ?? {});
}

function ofCommand(
  disk: Disk,
  root: string,
  { outputs, outputNames, metrics, curves }: StepRecord,
): string | undefined {
  const [ref, name] = [outputs["metrics"], outputNames["metrics"]];
  const format = name === undefined ? undefined : metricsFormat(name);
  let expected: Readonly<Record<string, number>> = {};
  let expectedCurves: Readonly<Record<string, Curve>> = {};
  if (ref !== undefined && ref.type !== "tree" && format !== undefined) {
    const text = textOf(disk, root, ref);
    if (text === undefined) return undefined;
    ({ metrics: expected, curves: expectedCurves } = readMetrics(Buffer.from(text), format, yamlTree));
  }
  for (const metric of new Set([...Object.keys(expected), ...Object.keys(metrics)]))
    if (!sameQuantity(metrics[metric], expected[metric]))
      return differs(metric, metrics[metric], name ?? "its outputs", expected[metric]);
  for (const curve of new Set([...Object.keys(expectedCurves), ...Object.keys(curves)]))
    if (jsonText(curves[curve] ?? []) !== jsonText(expectedCurves[curve] ?? []))
      return `has another curve ${curve} than ${name ?? "its outputs"}`;
  return undefined;
}

function ofKind(
  disk: Disk,
  root: string,
  { outputs, metrics }: StepRecord,
  places: StatedMetrics[string],
): string | undefined {
  const documents = new Map<string, Json | undefined>();
  for (const [metric, [output, file, path]] of Object.entries(places)) {
    const place = `${output}/${file}`;
    if (!documents.has(place)) documents.set(place, documentIn(disk, root, outputs[output], file));
    const [has, expected] = [metrics[metric], numberAt(documents.get(place), path)];
    // Another version of the kind may have stated fewer, or measured fewer.
    if (has === undefined || expected === undefined || sameQuantity(has, expected)) continue;
    return differs(metric, has, place, expected);
  }
  return undefined;
}

function differs(metric: string, has: number | undefined, place: string, expected: number | undefined) {
  return `says ${metric} ${has ?? "of nothing"}, and ${place} says ${expected ?? "nothing of it"}`;
}

/** A JSON file in a folder of the store. */
function documentIn(disk: Disk, root: string, ref: ArtifactRef | undefined, file: string): Json | undefined {
  const manifest = ref?.type === "tree" ? textOf(disk, root, ref) : undefined;
  if (manifest === undefined) return undefined;
  try {
    const entry = parseManifest(manifest).find(({ path }) => path === file);
    const text = entry === undefined || entry.type === "folder" ? undefined : textOf(disk, root, entry);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined; // Not a text that vistas has written: its digest is right, so it is whole, and states nothing.
  }
}

/** The text of an object that is whole. */
function textOf(
  disk: Disk,
  root: string,
  { type, digest, bytes }: Pick<ArtifactRef, "type" | "digest" | "bytes">,
): string | undefined {
  // Of a folder the bytes are those of its files.
  if (type !== "tree" && bytes > MOST) return undefined;
  const path = join(root, paths.object(type, digest));
  try {
    if ((disk.stat(path)?.size ?? 0n) > MOST) return undefined;
    const found = disk.readFile(path);
    return sha256(found) === digest ? found.toString() : undefined;
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "EACCES", "EPERM", "EIO", "EINVAL"))
      return undefined;
    throw error;
  }
}

/** Bytes: more than any file of metrics. */
const MOST = 2 ** 28;

function numberAt(document: Json | undefined, path: string): number | undefined {
  let value: Json | undefined = document;
  for (const name of path.split(".")) value = isObject(value) ? value[name] : undefined;
  return quantityOf(value);
}
