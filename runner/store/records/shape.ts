/**
 * Whether a document that checks itself is what its place says. Damage never comes so far, for the checksum finds it;
 * but what another program wrote, or sent, must not be taken for a record because it adds up: a field that is missing
 * would come to light as a fault of vistas, a path that leads elsewhere as something worse.
 */
import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import { quantityOf } from "../../core/numbers/quantity.js";
import { safePath } from "../objects/manifest.js";

/** A `StepRecord`, whatever its format and key. */
export function isStepShape(body: JsonObject): boolean {
  const { fingerprint, outputs, outputNames, metrics, curves, metricsFault, result, environment } = body;
  return (
    isText(body["id"]) &&
    isFingerprint(fingerprint) &&
    isMap(outputs, isArtifact) &&
    isMap(outputNames, path => isText(path) && safePath(path)) &&
    isMap(metrics, isNumber) &&
    isMap(curves, isCurve) &&
    (metricsFault === undefined || isText(metricsFault)) &&
    isQuantity(body["seconds"]) &&
    isText(body["finished"]) &&
    isFree(environment) &&
    (result === undefined || (isText(result) && /^[0-9a-f]{16}$/.test(result)))
  );
}

/** A `RunRecord`, whatever its format and id. */
export function isRunShape(body: JsonObject): boolean {
  const { pipeline, project, file, started, finished, seconds, outcome, params, environment } = body;
  const { steps, counts, leftOut, revision } = body;
  return (
    [pipeline, project, file, started, finished].every(isText) &&
    (leftOut === undefined || isLeftOut(leftOut)) &&
    (revision === undefined || isRevision(revision)) &&
    isQuantity(seconds) &&
    isOneOf(outcome, ["done", "failed", "interrupted"]) &&
    isFree(params) &&
    isFree(environment) &&
    isList(steps) &&
    steps.every(isRunStep) &&
    (body["name"] === undefined || isText(body["name"])) &&
    isMap(counts, isQuantity) &&
    OUTCOMES.every(name => isObject(counts) && name in counts)
  );
}

function isRevision(value: Json): boolean {
  if (!isObject(value)) return false;
  const { commit, dirty } = value;
  return isText(commit) && /^[0-9a-f]{40,64}$/.test(commit) && typeof dirty === "boolean";
}

function isLeftOut(value: Json): boolean {
  if (!isObject(value)) return false;
  const { steps, instances } = value;
  return (
    isListOf(steps, isText) &&
    isListOf(
      instances,
      one =>
        isObject(one) &&
        isQuantity(one["index"]) &&
        isText(one["id"]) &&
        isText(one["step"]) &&
        isObject(one["labels"]),
    )
  );
}

/** A `Reproduction`, whatever its format and run. */
export function isReproductionShape(body: JsonObject): boolean {
  const { pipeline, outcome, ok, checks, lock, audits } = body;
  return (
    isText(pipeline) &&
    isOneOf(outcome, ["done", "failed", "interrupted"]) &&
    typeof ok === "boolean" &&
    isListOf(checks, isCheck) &&
    (lock === null || isComparison(lock)) &&
    isListOf(audits, audit => isObject(audit) && [audit["id"], audit["label"], audit["detail"]].every(isText))
  );
}

function isCheck(value: Json): boolean {
  if (!isObject(value)) return false;
  const { type, name, over, expected, actual, tolerance, interval, wanted, level, n, p, ok, note, source } =
    value;
  return (
    [type, name, note, source].every(isText) &&
    isListOf(over, isText) &&
    (isText(expected) || isQuantity(expected)) &&
    (typeof actual === "boolean" || isQuantity(actual)) &&
    [tolerance, level, n, p].every(isQuantity) &&
    [interval, wanted].every(range => range === null || isPair(range)) &&
    typeof ok === "boolean"
  );
}

function isComparison(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  const { ok, same, total, bytes, metrics, faults, notes, file } = value;
  return (
    typeof ok === "boolean" &&
    [same, total].every(isQuantity) &&
    (bytes === null ||
      (isObject(bytes) &&
        isText(bytes["id"]) &&
        isListOf(bytes["outputs"], isText) &&
        isListOf(bytes["because"], isText))) &&
    (metrics === null || isObject(metrics)) &&
    [faults, notes].every(lines => isListOf(lines, isText)) &&
    isText(file)
  );
}

/** 64 lower-case hex digits: a key, or a digest. */
export function isHash(value: Json | undefined): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

const OUTCOMES = ["ran", "cached", "failed", "skipped", "cancelled"];

function isRunStep(value: Json): boolean {
  if (!isObject(value)) return false;
  const { id, step, labels, kind, outcome, key, result, seconds, reason, inputs } = value;
  return (
    [id, step, kind, reason].every(isText) &&
    isMap(labels, isScalar) &&
    isOneOf(outcome, OUTCOMES) &&
    (key === null || isHash(key)) &&
    (result === undefined || isText(result)) &&
    isQuantity(seconds) &&
    isMap(inputs, from => isList(from) && from.every(isText)) &&
    [undefined, true].includes(value["byCondition"] as true | undefined) &&
    [value["error"], value["work"], value["command"]].every(text => text === undefined || isText(text))
  );
}

function isFingerprint(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  const { kind, code, with: options, inputs, env, repeat = "", secrets = [], programs = [], numeric } = value;
  return (
    isListOf(programs, isProgram) &&
    isList(secrets) &&
    secrets.every(isText) &&
    [kind, numeric, repeat].every(isText) &&
    isMap(code, isText) &&
    isFree(options) &&
    isList(inputs) &&
    inputs.every(isInput) &&
    isMap(env, text => text === null || isText(text))
  );
}

function isProgram(value: Json): boolean {
  if (!isObject(value)) return false;
  const { name, digest, version = "", packages = "", in: place = "" } = value;
  return [name, digest, version, packages, place].every(isText);
}

function isInput(value: Json): boolean {
  if (!isObject(value)) return false;
  const { role, label, source, path, type, digest, sameAs = "", files = {} } = value;
  return (
    [role, label, path, sameAs].every(isText) &&
    isMap(files, isText) &&
    isOneOf(source, ["file", "artifact"]) &&
    isOneOf(type, TYPES) &&
    isHash(digest)
  );
}

const TYPES = ["file", "executable", "tree"];

const INTERIM = `${"0".repeat(64)}/_`;

function isArtifact(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  const { type, digest, bytes, temporary = INTERIM } = value;
  const right = isOneOf(type, TYPES) && isHash(digest) && typeof bytes === "number" && bytes >= 0;
  // It is a part of a path.
  return right && typeof temporary === "string" && /^[0-9a-f]{64}\/[A-Za-z_][\w-]*$/.test(temporary);
}

function isCurve(value: Json | undefined): boolean {
  return isListOf(value, point => isList(point) && point.length === 2 && point.every(isNumber));
}

/** A number, or a text for one that is not finite. */
function isNumber(value: Json | undefined): boolean {
  return quantityOf(value) !== undefined;
}

function isPair(value: Json | undefined): boolean {
  return isList(value) && value.length === 2 && value.every(isQuantity);
}

function isListOf(value: Json | undefined, holds: (value: Json) => boolean): boolean {
  return isList(value) && value.every(holds);
}

/** An object of any JSON, not so deep that going through it exhausts the stack. */
function isFree(value: Json | undefined): boolean {
  return isObject(value) && isShallow(value, DEEPEST);
}

function isShallow(value: Json, left: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return left > 0 && Object.values(value).every((inner: Json) => isShallow(inner, left - 1));
}

/** Deeper than any pipeline may be. */
const DEEPEST = 500;

/** Null: there is none. */
function isQuantity(value: Json | undefined): boolean {
  return value === null || isNumber(value);
}

function isScalar(value: Json | undefined): boolean {
  return value !== undefined && !isObject(value) && !isList(value);
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string";
}

function isOneOf(value: Json | undefined, words: readonly string[]): boolean {
  return isText(value) && words.includes(value);
}

function isMap(value: Json | undefined, holds: (value: Json | undefined) => boolean): boolean {
  return isObject(value) && Object.values(value).every(holds);
}
